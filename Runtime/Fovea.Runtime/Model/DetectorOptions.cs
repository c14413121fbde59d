using Fovea.Cuda;
using Fovea.Cuda.Cudnn;

namespace Fovea;

/// <summary>How a detector runs; nothing here changes what it computes.</summary>
public record DetectorOptions
{
    /// <summary>Where to compute.</summary>
    public Device Device { get; init; } = Device.Auto;

    /// <summary>How values are stored and multiplied on a CUDA device; the CPU computes in float32 whatever it says.</summary>
    public Precision Precision { get; init; } = Precision.BFloat16;

    /// <summary>
    /// The CUDA driver to use instead of libcuda: an adapter over another binding, or one that records. Detectors may share it. The caller
    /// disposes of it, after the detectors.
    /// </summary>
    public ICudaDriver? CudaDriver { get; init; }

    /// <summary>
    /// The cuDNN to use over any driver instead of the installed one: a test's, simulated or recording. The caller closes it, after the
    /// detectors.
    /// </summary>
    internal CudnnBinding? Cudnn { get; init; }

    /// <summary>How many CUDA streams a session gives its work to; 1 where each operation's time is to be seen alone.</summary>
    internal int Streams { get; init; } = StreamLanes.DefaultCount;

    /// <summary>Threads that operators use; 0 (the default): as many as processors. The results have the same bits at any number.</summary>
    public int Threads { get; init; }
}

/// <summary>How a checkpoint is read.</summary>
public sealed record LoadOptions : DetectorOptions
{
    /// <summary>
    /// ε of the frozen batch norms that the weights were trained with, where the file does not say: null (the default) takes the file's
    /// metadata, 0 for the published
    /// v1 COCO checkpoint (recognised by its SHA-256), else the model's own 1e-5. Models without frozen batch norms do not accept it.
    /// </summary>
    public float? FrozenBatchNormEpsilon { get; init; }
}
