namespace Fovea.Cuda;

/// <summary>
/// What the kernels of a training step tell each other without the host: Σ g² of the gradients as they are stored (double), then in float32
/// the factor that the optimiser multiplies gradients by, whether all of them are finite (1 or 0), and the loss scale.
/// </summary>
internal sealed class CudaStepState : IDisposable
{
    private const int Bytes = 64;
    private const int NumbersAt = sizeof(double);
    private const int FactorAt = NumbersAt;
    private const int FiniteAt = NumbersAt + sizeof(float);
    private const int LossScaleAt = NumbersAt + (2 * sizeof(float));
    private readonly ICudaDriver driver;
    private readonly CudaStream stream;
    private readonly DeviceAddress address;

    public CudaStepState(ICudaDriver driver, CudaStream stream)
    {
        (this.driver, this.stream) = (driver, stream);
        address = driver.Allocate(Bytes, "step");
        driver.Fill(address, 0, Bytes / sizeof(float), stream);
        Fill(FiniteAt, 1);
        SetLossScale(1);
    }

    /// <summary>The norm's square, of scaled gradients.</summary>
    public DevicePointer<double> SquaredNorm => new(address);

    /// <summary>Factor, finite flag, loss scale.</summary>
    public DevicePointer<float> Numbers => new(address + NumbersAt);

    public float LossScale { get; private set; } = 1;

    /// <summary>In the stream's order; not while work is captured. The gradients that are there are taken as scaled by it.</summary>
    public void SetLossScale(float value)
    {
        if (!(value > 0) || !float.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "A loss scale is positive and finite.");
        }

        LossScale = value;
        Fill(LossScaleAt, value);
        Fill(FactorAt, 1 / value);
    }

    public void Dispose() => driver.Free(address);

    private void Fill(int at, float value) => driver.Fill(address + at, BitConverter.SingleToUInt32Bits(value), 1, stream);
}
