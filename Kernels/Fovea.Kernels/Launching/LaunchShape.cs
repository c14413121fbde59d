namespace Fovea.Cuda;

/// <summary>Extents of a grid (in blocks) or of a block (in threads).</summary>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    /// <summary>One-dimensional.</summary>
    public static implicit operator Dim3(int x) => new(x);

    /// <summary>One-dimensional.</summary>
    public static Dim3 FromInt32(int x) => new(x);

    /// <summary>X·Y·Z.</summary>
    public long Count => (long)X * Y * Z;
}

/// <summary>Where and how wide a kernel runs.</summary>
/// <param name="Stream">In whose order.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Block">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block.</param>
public readonly record struct LaunchShape(CudaStream Stream, Dim3 Grid, Dim3 Block, int SharedBytes = 0);
