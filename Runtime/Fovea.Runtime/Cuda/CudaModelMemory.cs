namespace Fovea.Cuda;

/// <summary>
/// A model's buffers on the device: float32 masters, and beside them the copies of weights in the network's precision that kernels
/// multiply. In float32 the copies are the masters themselves.
/// </summary>
internal sealed class CudaModelMemory : IDisposable
{
    private readonly ICudaDriver driver;
    private readonly List<DeviceAddress> owned = [];
    private DevicePointer<float> gradients;
    private DevicePointer<float> gradientSums;
    private DevicePointer<float> averagedParameters;
    private DevicePointer<float> averagedStatistics;
    private DevicePointer<float> keptStatistics;

    public CudaModelMemory(ICudaDriver driver, ModelDescription description, Precision precision)
    {
        (this.driver, Description) = (driver, description);
        IsNarrow = KernelVariant.BytesOf(precision) == 2;
        try
        {
            Parameters = Reserve<float>(description.ParameterLength, sizeof(float), "parameters");
            Statistics = Reserve<float>(description.StatisticsLength, sizeof(float), "statistics");
            Folded = Reserve<float>(description.FoldedLength, sizeof(float), "folded");
            ParameterValues = IsNarrow ? Reserve<Value>(description.ParameterLength, 2, "parameterValues") : new(Parameters.Address);
            FoldedValues = IsNarrow ? Reserve<Value>(description.FoldedLength, 2, "foldedValues") : new(Folded.Address);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ModelDescription Description { get; }

    /// <summary>Whether values take 2 bytes, so that weights have copies.</summary>
    public bool IsNarrow { get; }

    public DevicePointer<float> Parameters { get; }

    public DevicePointer<float> Statistics { get; }

    public DevicePointer<float> Folded { get; }

    /// <summary>The parameters in the network's precision, at the same offsets.</summary>
    public DevicePointer<Value> ParameterValues { get; }

    /// <summary>The folded weights in the network's precision, at the same offsets.</summary>
    public DevicePointer<Value> FoldedValues { get; }

    /// <summary>Allocated when training first asks for it.</summary>
    public DevicePointer<float> Gradients => gradients.IsNull
        ? gradients = Reserve<float>(Description.TrainableLength, sizeof(float), "gradients")
        : gradients;

    /// <summary>Of a step's batches before its last. Allocated when a step of several batches first asks for it.</summary>
    public DevicePointer<float> GradientSums => gradientSums.IsNull
        ? gradientSums = Reserve<float>(Description.TrainableLength, sizeof(float), "gradientSums")
        : gradientSums;

    /// <summary>The statistics from before the step that runs, for where it is not taken. Allocated when training first asks for it.</summary>
    public DevicePointer<float> KeptStatistics => keptStatistics.IsNull
        ? keptStatistics = Reserve<float>(Description.StatisticsLength, sizeof(float), "keptStatistics")
        : keptStatistics;

    /// <summary>Averages of the learned parameters; allocated when a training first asks for it.</summary>
    public DevicePointer<float> AveragedParameters => averagedParameters.IsNull
        ? averagedParameters = Reserve<float>(Description.TrainableLength, sizeof(float), "averagedParameters")
        : averagedParameters;

    /// <summary>Averages of the running statistics; allocated when a training first asks for it.</summary>
    public DevicePointer<float> AveragedStatistics => averagedStatistics.IsNull
        ? averagedStatistics = Reserve<float>(Description.StatisticsLength, sizeof(float), "averagedStatistics")
        : averagedStatistics;

    /// <summary>Momentum, or Adam's first moment; null until an optimiser asks for it.</summary>
    public DevicePointer<float> FirstMoment { get; private set; }

    /// <summary>Adam's second moment.</summary>
    public DevicePointer<float> SecondMoment { get; private set; }

    /// <summary>AMSGrad's greatest second moment.</summary>
    public DevicePointer<float> GreatestSecondMoment { get; private set; }

    /// <summary>Allocates optimiser state: 1 momentum, 2 moments, 3 with AMSGrad.</summary>
    public void EnsureMoments(int count)
    {
        FirstMoment = count >= 1 ? Moment(FirstMoment, "firstMoment") : FirstMoment;
        SecondMoment = count >= 2 ? Moment(SecondMoment, "secondMoment") : SecondMoment;
        GreatestSecondMoment = count >= 3 ? Moment(GreatestSecondMoment, "greatestSecondMoment") : GreatestSecondMoment;
    }

    public void Dispose()
    {
        foreach (var address in owned)
        {
            driver.Free(address);
        }

        owned.Clear();
    }

    private DevicePointer<float> Moment(DevicePointer<float> present, string name) =>
        present.IsNull ? Reserve<float>(Description.TrainableLength, sizeof(float), name) : present;

    /// <summary>Zeroed memory, so that gaps between tensors are 0 and stay 0.</summary>
    private DevicePointer<T> Reserve<T>(long length, int size, string name)
        where T : unmanaged
    {
        if (length == 0)
        {
            return default;
        }

        var words = ((length * size) + 3) / 4;
        var address = driver.Allocate(words * 4, name);
        owned.Add(address);
        driver.Fill(address, 0, words, default);

        // Sessions' streams do not follow the default one, and memory is allocated once.
        driver.Synchronize();
        return new DevicePointer<T>(address);
    }
}
