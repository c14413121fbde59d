using Fovea.Cuda;

namespace Fovea.Ops.Norm;

/// <summary>
/// How a normalisation's passes over memory fall into blocks (norm.cu). It depends on the shape and the precision alone, so that sums
/// have the same tree on every device.
/// </summary>
internal readonly record struct NormTiling
{
    private const int Threads = 256;
    private const int MaxColumns = 32;
    private const int MinRowsPerThread = 4;

    /// <summary>Some blocks for each multiprocessor of a large device; few enough that their partial sums are soon added.</summary>
    private const int MaxBlocks = 1024;

    public NormTiling(NormShape shape, int valueBytes)
    {
        var lanes = 16 / valueBytes;
        var packs = shape.Channels % lanes == 0 ? shape.Channels / lanes : shape.Channels;
        var columns = 1;
        while (columns < Math.Min(packs, MaxColumns))
        {
            columns *= 2;
        }

        var tiles = (packs + columns - 1) / columns;
        var maxChunks = Math.Max(1, MaxBlocks / ((long)tiles * shape.Slabs));
        Columns = columns;
        ChunkRows = checked((int)Math.Max(Threads / columns * MinRowsPerThread, (shape.Rows + maxChunks - 1) / maxChunks));
        Chunks = (int)((shape.Rows + ChunkRows - 1) / ChunkRows);
        Grid = new Dim3(tiles, Chunks, shape.Slabs);
    }

    /// <summary>Packs of channels beside each other in a block, a power of two.</summary>
    public int Columns { get; }

    /// <summary>Rows of a slab that a block walks down.</summary>
    public int ChunkRows { get; }

    /// <summary>Chunks of a slab: partial sums of each channel.</summary>
    public int Chunks { get; }

    public Dim3 Grid { get; }
}
