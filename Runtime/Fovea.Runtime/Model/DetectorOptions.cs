using Fovea.Cuda;
using Fovea.Cuda.Cudnn;

namespace Fovea;

/// <summary>
/// How a detector runs. Nothing here changes which network it computes; <see cref="Precision"/> and the device decide how its numbers are
/// rounded.
/// </summary>
public sealed record DetectorOptions
{
    /// <summary>Where to compute.</summary>
    public Device Device { get; init; } = Device.Auto;

    /// <summary>How values are stored and multiplied on a CUDA device; the CPU computes in float32 whatever it says.</summary>
    public Precision Precision { get; init; } = Precision.BFloat16;

    /// <summary>
    /// The CUDA driver to use instead of libcuda: an adapter over another binding, or one that records. Detectors may share it. The caller
    /// disposes of it, outside of a detector's
    /// call and while no detector is made on it: that waits for the calls that work with it and disposes of the detectors' memory.
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

    /// <summary>
    /// Calls of <c>DetectAsync</c> and <c>DetectBatchAsync</c> that work at the same time, each in a session of its own; the others wait
    /// without a thread. 0 (the default): as many as processors, at most 8.
    /// </summary>
    public int MaxConcurrency { get; init; }

    /// <summary>
    /// How large picture files, streams and bytes given to <c>Detect</c> may be; null (the default): <see cref="ImageFile.Limits"/>. Narrow
    /// ones are for a server, whose pictures are anybody's.
    /// </summary>
    public ImageLimits? ImageLimits { get; init; }
}
