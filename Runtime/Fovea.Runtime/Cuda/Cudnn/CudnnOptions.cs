namespace Fovea.Cuda.Cudnn;

/// <summary>How engines are chosen.</summary>
internal sealed record CudnnOptions
{
    /// <summary>Whether plans are timed where scratch memory is given; otherwise the heuristic's first that serves is taken.</summary>
    public bool Autotune { get; init; } = true;

    /// <summary>How many plans are timed for a shape at most.</summary>
    public int Candidates { get; init; } = 8;

    /// <summary>How often a plan is timed; the median counts.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Only engines that give the same bits each time.</summary>
    public bool Deterministic { get; init; } = true;

    /// <summary>
    /// Whether engines count that are compiled when their plan is built: about half a second each, in every process anew, and hardly faster
    /// than a compiled engine and a pass of our own.
    /// </summary>
    public bool RuntimeCompilation { get; init; }

    /// <summary>Plans that want more workspace than this are passed over.</summary>
    public long WorkspaceLimit { get; init; } = 1L << 30;

    /// <summary>Told whenever a convolution has been given to a stream, for profiles.</summary>
    public Action<CudnnPlan, CudaStream>? Executed { get; init; }

    /// <summary>Where choices are remembered; empty for nowhere, null for <see cref="AutotuneCache.DefaultFolder"/>.</summary>
    public string? CacheFolder { get; init; }
}
