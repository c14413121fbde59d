using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// How the gradient of a convolution's weights is divided: tiles of the weights, and chunks of dy's cells whose sums are added afterwards
/// in order. It depends on the shapes alone, so that the same batch gives the same bits on every GPU.
/// </summary>
internal readonly struct OwnGradientPlan
{
    /// <summary>Cells that a block sums for the bias.</summary>
    public const int BiasChunkCells = 1024;

    private const int Rows = 64;
    private const int NarrowRows = 16;
    private const int Columns = 128;

    /// <summary>Blocks that keep a large GPU busy; more only add sums to be added.</summary>
    private const int Blocks = 512;

    /// <summary>
    /// A chunk has at least so many cells, and a multiple of <see cref="CellsStep"/>: the depth of the kernel's slices divides it.
    /// </summary>
    private const int LeastCells = 256;

    private const int CellsStep = 32;

    public OwnGradientPlan(in ConvParameters w, FeatureMap dy)
    {
        var (rows, columns) = (w.OutChannels / w.Groups, w.Kernel * w.Kernel * (w.InChannels / w.Groups));
        IsNarrow = rows <= NarrowRows;
        Tiles = ConvGeometry.CeilDiv(rows, IsNarrow ? NarrowRows : Rows) * ConvGeometry.CeilDiv(columns, Columns);
        var cells = checked((int)dy.Cells);
        var wanted = ConvGeometry.CeilDiv(Blocks, Tiles * w.Groups);
        var least = Math.Max(LeastCells, ConvGeometry.CeilDiv(cells, wanted));
        ChunkCells = ConvGeometry.CeilDiv(least, CellsStep) * CellsStep;
        Chunks = ConvGeometry.CeilDiv(cells, ChunkCells);
        BiasChunks = ConvGeometry.CeilDiv(cells, BiasChunkCells);
        FilterStride = Padded(w.WeightLength);
        BiasStride = Padded(w.OutChannels);
    }

    /// <summary>Whether groups have few channels of dy.</summary>
    public bool IsNarrow { get; }

    /// <summary>Tiles of a group's weights.</summary>
    public int Tiles { get; }

    public int ChunkCells { get; }

    public int Chunks { get; }

    public int BiasChunks { get; }

    /// <summary>From one chunk's sums to the next.</summary>
    public long FilterStride { get; }

    /// <summary>From one chunk's sums of the bias to the next.</summary>
    public int BiasStride { get; }

    /// <summary>Of the weights' sums; the bias's come behind them.</summary>
    public long FilterBytes => ((Chunks * FilterStride * sizeof(float)) + 255) / 256 * 256;

    /// <summary>Of the bias's sums.</summary>
    public long BiasBytes => (long)BiasChunks * BiasStride * sizeof(float);

    public long WorkspaceBytes => FilterBytes + BiasBytes;

    private static int Padded(int length) => ConvGeometry.CeilDiv(length, 4) * 4;
}
