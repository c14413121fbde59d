using Fovea.Cpu;

namespace Fovea.Ops.Conv;

/// <summary>
/// How dw = dyᵀ · rows(x) is cut: into blocks of groups, blocks of output channels, blocks of depth columns, and chunks of rows whose sums
/// are added in order afterwards. It follows from shapes and the instruction set alone.
/// </summary>
internal readonly struct ConvWeightGradientPlan
{
    /// <summary>Rows that are packed at a time: 192 × (256 + 320) floats stay in a 1 MB L2 cache together with the sums.</summary>
    public const int RowBlock = 192;

    private const int ChannelBlock = 256;
    private const int ColumnBlock = 320;

    /// <summary>Chunks are added until there are so many tasks.</summary>
    private const int WantedTasks = 24;

    public ConvWeightGradientPlan(in ConvGeometry geometry, CpuKernelTable kernels)
    {
        Geometry = geometry;
        (TileRows, TileColumns) = (kernels.TileRows, kernels.TileColumns);
        Phase = geometry.Phase(0);
        Blocks = geometry.Blocks;
        Rows = geometry.Destination.Cells;
        Strips = ConvGeometry.CeilDiv(Blocks.Columns, TileRows);
        Panels = ConvGeometry.CeilDiv(Phase.Taps * Blocks.SourceOf(0), TileColumns);
        ChannelTasks = ConvGeometry.CeilDiv(Blocks.Columns, ChannelBlock);
        StripsPerTask = ConvGeometry.CeilDiv(Strips, ChannelTasks);
        ChannelTasks = ConvGeometry.CeilDiv(Strips, StripsPerTask);
        ColumnTasks = ConvGeometry.CeilDiv(Panels * TileColumns, ColumnBlock);
        PanelsPerTask = ConvGeometry.CeilDiv(Panels, ColumnTasks);
        ColumnTasks = ConvGeometry.CeilDiv(Panels, PanelsPerTask);
        var rowBlocks = (int)((Rows + RowBlock - 1) / RowBlock);
        var wanted = ConvGeometry.CeilDiv(WantedTasks, Blocks.Count * ChannelTasks * ColumnTasks);
        RowBlocksPerChunk = ConvGeometry.CeilDiv(rowBlocks, Math.Min(wanted, rowBlocks));
        Chunks = ConvGeometry.CeilDiv(rowBlocks, RowBlocksPerChunk);
    }

    /// <summary>The forward geometry: source x, destination dy.</summary>
    public ConvGeometry Geometry { get; }

    public ConvPhase Phase { get; }

    public GroupBlocks Blocks { get; }

    public int TileRows { get; }

    public int TileColumns { get; }

    /// <summary>N·H·W of dy.</summary>
    public long Rows { get; }

    /// <summary>Tiles down a block: output channels.</summary>
    public int Strips { get; }

    /// <summary>Tiles across a block: depth columns.</summary>
    public int Panels { get; }

    public int ChannelTasks { get; }

    public int StripsPerTask { get; }

    public int ColumnTasks { get; }

    public int PanelsPerTask { get; }

    public int Chunks { get; }

    public int RowBlocksPerChunk { get; }

    public int Tasks => Chunks * Blocks.Count * ChannelTasks * ColumnTasks;

    /// <summary>Elements of the sums of one chunk: [block, strip, panel, tile].</summary>
    public long ChunkLength => (long)Blocks.Count * Strips * Panels * TileRows * TileColumns;

    /// <summary>Elements of the bias sums of one chunk: [Cout], rounded up to a cache line.</summary>
    public int BiasLength => ConvGeometry.CeilDiv(Geometry.Destination.Channels, 16) * 16;

    public long PartialLength => Chunks * (ChunkLength + BiasLength);

    public long WorkspaceLength => (long)RowBlock * ((StripsPerTask * TileRows) + (PanelsPerTask * TileColumns));

    /// <summary>First element of a tile within a chunk.</summary>
    public long Tile(int block, int strip, int panel) => ((((long)block * Strips) + strip) * Panels + panel) * TileRows * TileColumns;
}
