using Fovea.Cuda;

namespace Fovea.Devices;

/// <summary>
/// Float16 training multiplies the losses' gradients, so that small ones do not vanish: by as much as keeps the great ones finite. The
/// scale is halved when a gradient overflows and doubled after a run of steps without. In other precisions it is 1.
/// </summary>
/// <param name="context">Holds the scale where kernels read it.</param>
/// <remarks>Source: torch/cuda/amp/grad_scaler.py (initial scale 2¹⁶, growth interval 2000, factors 2 and ½).</remarks>
internal sealed class LossScale(CudaContext context)
{
    private const float First = 1 << 16;
    private const float Greatest = 1 << 24;
    private const int GrowthInterval = 2000;
    private bool started;
    private int successes;

    private bool IsUsed => context.Kernels.Precision == Precision.Float16;

    /// <summary>Before the first step.</summary>
    public void Start()
    {
        if (IsUsed && !started)
        {
            context.LossScale = First;
        }

        started = true;
    }

    /// <summary>After a step whose gradients are finite.</summary>
    public void Succeeded()
    {
        if (IsUsed && ++successes >= GrowthInterval && context.LossScale < Greatest)
        {
            (context.LossScale, successes) = (context.LossScale * 2, 0);
        }
    }

    /// <summary>After a step whose gradients are not finite.</summary>
    /// <returns>Whether a lower scale may help.</returns>
    public bool TryLower()
    {
        successes = 0;
        if (!IsUsed || context.LossScale <= 1)
        {
            return false;
        }

        context.LossScale /= 2;
        return true;
    }
}
