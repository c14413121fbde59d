using System.Runtime.CompilerServices;
using Fovea.Cpu.Gemm;
using Fovea.Cpu.Kernels;
using Fovea.Cpu;

namespace Fovea.Ops.Conv;

/// <summary>
/// destination = epilogue(rows(source) · B) for any <see cref="ConvGeometry"/>. A task is a block of rows of one phase by a block of
/// columns of one block of groups. 1×1 with stride 1 reads rows of the source in place; otherwise a task gathers its rows, a block of depth
/// at a time, into its worker's workspace.
/// </summary>
internal unsafe struct ConvGemmJob : ICountedJob
{
    /// <summary>Rows of a task: a multiple of every kernel's rows; with 512 floats of depth they fill a fifth of a 1 MB L2 cache.</summary>
    private const int RowBlock = 96;

    /// <summary>Depth of a product: 32 columns of B of this depth stream from L2 while each row of A is read once.</summary>
    private const int DepthBlock = 512;

    /// <summary>Columns of a task at the most: with <see cref="RowBlock"/> rows their sums are 192 kB.</summary>
    private const int ColumnBlock = 512;

    /// <summary>Fewer tasks than this are split further by columns. A constant, so that the work does not depend on the threads.</summary>
    private const int WantedTasks = 24;

    private readonly CpuKernelTable kernels;
    private readonly CpuContext context;
    private readonly ConvGeometry geometry;
    private readonly ConvEpilogue epilogue;
    private readonly float* source;
    private readonly float* packed;
    private readonly float* destination;
    private readonly int panels;
    private readonly int panelsPerTask;
    private readonly int columnTasks;

    public ConvGemmJob(CpuContext context, in ConvGeometry geometry, float* packed, in ConvEpilogue epilogue)
    {
        this.context = context;
        this.geometry = geometry;
        this.packed = packed;
        this.epilogue = epilogue;
        kernels = context.Kernels;
        source = context.Pointer(geometry.Source);
        destination = context.Pointer(geometry.Destination);
        panels = ConvGeometry.CeilDiv(geometry.Blocks.Columns, kernels.TileColumns);
        var rowTasks = 0;
        for (var phase = 0; phase < geometry.Phases; phase++)
        {
            rowTasks += RowTasks(geometry.Phase(phase)) * geometry.Blocks.Count;
        }

        var split = Math.Max(
            ConvGeometry.CeilDiv(geometry.Blocks.Columns, ColumnBlock),
            ConvGeometry.CeilDiv(WantedTasks, Math.Max(1, rowTasks)));
        panelsPerTask = ConvGeometry.CeilDiv(panels, Math.Min(split, panels));
        columnTasks = ConvGeometry.CeilDiv(panels, panelsPerTask);
        Tasks = rowTasks * columnTasks;
    }

    public int Tasks { get; }

    /// <summary>Elements of workspace that a task needs.</summary>
    public readonly long WorkspaceLength
    {
        get
        {
            var depth = 0;
            for (var phase = 0; phase < geometry.Phases; phase++)
            {
                depth = Math.Max(depth, geometry.Phase(phase).Taps * geometry.Blocks.SourceOf(0));
            }

            var rowOffsets = 2L * RowBlock * (sizeof(long) / sizeof(float));
            var a = (long)RowBlock * (Math.Min(depth, DepthBlock) + 32);
            return rowOffsets + a + TilesLength;
        }
    }

    private readonly long TilesLength => (long)RowBlock * panelsPerTask * kernels.TileColumns;

    public readonly void Execute(int task, int worker)
    {
        var (rowTask, columnTask) = Math.DivRem(task, columnTasks);
        var panel0 = columnTask * panelsPerTask;
        var b = packed;
        var phaseIndex = 0;
        var phase = geometry.Phase(0);
        for (; rowTask >= RowTasks(phase) * geometry.Blocks.Count; phase = geometry.Phase(++phaseIndex))
        {
            rowTask -= RowTasks(phase) * geometry.Blocks.Count;
            b += ConvPacker.PhaseLength(geometry, phase, kernels.TileColumns);
        }

        var (rowBlock, block) = Math.DivRem(rowTask, geometry.Blocks.Count);
        var depth = phase.Taps * geometry.Blocks.SourceOf(block);
        b += (block * ConvPacker.BlockLength(geometry, phase, kernels.TileColumns)) + ((long)panel0 * depth * kernels.TileColumns);
        var columns = Math.Min(geometry.Blocks.DestinationOf(block) - (panel0 * kernels.TileColumns), panelsPerTask * kernels.TileColumns);
        var firstRow = (long)rowBlock * RowBlock;
        var rows = (int)Math.Min(RowBlock, Rows(phase) - firstRow);
        if (columns > 0)
        {
            Multiply(phase, block, firstRow, rows, panel0 * kernels.TileColumns, columns, depth, b, context.WorkerWorkspace(worker));
        }
    }

    private readonly int RowTasks(in ConvPhase phase) => (int)((Rows(phase) + RowBlock - 1) / RowBlock);

    private readonly long Rows(in ConvPhase phase) =>
        (long)geometry.Source.Images * Math.Max(0, phase.GridHeight) * Math.Max(0, phase.GridWidth);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private readonly void Multiply(
        in ConvPhase phase, int block, long firstRow, int rows, int firstColumn, int columns, int depth, float* b, float* workspace)
    {
        var rowOffsets = (long*)workspace;
        var tiles = workspace + (2 * RowBlock * (sizeof(long) / sizeof(float)));
        var a = tiles + TilesLength;
        var target = Target(block, firstColumn, rowOffsets);
        FillRows(phase, firstRow, rows, rowOffsets);

        var source = Rows(phase, block);
        var depthBlocks = Math.Max(1, ConvGeometry.CeilDiv(depth, DepthBlock));
        var inPlace = geometry.IsDirect && depthBlocks == 1;
        var depthBlock = Math.Max(1, ConvGeometry.CeilDiv(depth, depthBlocks));

        // an odd number of cache lines from row to row, so that rows do not fall into the same cache set
        var gatherStride = (ConvGeometry.CeilDiv(depthBlock, 16) | 1) * 16;
        for (var k0 = 0; k0 == 0 || k0 < depth; k0 += depthBlock)
        {
            var k1 = Math.Min(depth, k0 + depthBlock);
            var from = inPlace ? source.Source + (firstRow * source.Channels) : a;
            var stride = inPlace ? source.Channels : gatherStride;
            if (!inPlace)
            {
                kernels.Gather(&source, firstRow, rows, k0, k1, new RowLayout(a, Math.Max(1, k1 - k0), 0, stride));
            }

            var step = new DepthStep(k0, k1, depth, depthBlocks > 1 ? RowBlock * kernels.TileColumns : 0);
            MultiplyBlock(from, stride, inPlace ? a : null, rows, columns, step, b, tiles, &target);
        }
    }

    /// <summary>All tiles of a task over one block of depth.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void MultiplyBlock(
        float* a, long stride, float* tail, int rows, int columns, DepthStep step, float* b, float* tiles, TileTarget* target)
    {
        var (tileRows, tileColumns) = (kernels.TileRows, kernels.TileColumns);
        for (var column = 0; column < columns; column += tileColumns)
        {
            var panel = b + ((long)column * step.Depth) + ((long)step.From * tileColumns);
            var tile = tiles + ((long)(column / tileColumns) * step.PanelTiles);
            var validColumns = Math.Min(tileColumns, columns - column);
            for (var row = 0; row < rows; row += tileRows)
            {
                var from = a + (row * stride);
                var fromStride = stride;
                var validRows = Math.Min(tileRows, rows - row);
                if (validRows < tileRows && tail != null)
                {
                    // the last rows of the map: a whole tile would read beyond it
                    fromStride = (ConvGeometry.CeilDiv(step.Count, 16) | 1) * 16;
                    if (column == 0)
                    {
                        CopyTail(from, stride, validRows, step.Count, tail, fromStride);
                    }

                    from = tail;
                }

                kernels.Multiply(step.Count, from, fromStride, 1, panel, tile, step.From > 0);
                if (step.IsLast)
                {
                    kernels.StoreTile(tile, tileColumns, validRows, validColumns, target, row, column);
                }

                tile += step.PanelTiles == 0 ? 0 : tileRows * tileColumns;
            }
        }
    }

    private readonly void CopyTail(float* from, long stride, int rows, int depth, float* tail, long tailStride)
    {
        for (var r = 0; r < kernels.TileRows; r++)
        {
            var row = new Span<float>(tail + (r * tailStride), depth);
            if (r < rows)
            {
                new ReadOnlySpan<float>(from + (r * stride), depth).CopyTo(row);
            }
            else
            {
                row.Clear();
            }
        }
    }

    private readonly TileTarget Target(int block, int firstColumn, long* rowOffsets)
    {
        var channel = (geometry.Blocks.FirstGroup(block) * geometry.Blocks.DestinationPerGroup) + firstColumn;
        var sameRows = epilogue.AddHeight == geometry.Destination.Height && epilogue.AddWidth == geometry.Destination.Width;
        return new TileTarget
        {
            Destination = destination + channel,
            Bias = epilogue.Bias == null ? null : epilogue.Bias + channel,
            Add = epilogue.Add == null ? null : epilogue.Add + channel,
            Mask = epilogue.Mask == null ? null : epilogue.Mask + channel,
            Relu = epilogue.Relu,
            Rows = rowOffsets,
            AddRows = sameRows ? rowOffsets : rowOffsets + RowBlock,
        };
    }

    /// <summary>
    /// Where each row of the task begins in the destination, and (from <see cref="RowBlock"/> on) in a coarser map that is added.
    /// </summary>
    private readonly void FillRows(in ConvPhase phase, long firstRow, int rows, long* offsets)
    {
        var map = geometry.Destination;
        var coarse = epilogue.Add != null && (epilogue.AddHeight != map.Height || epilogue.AddWidth != map.Width);
        var cells = phase.GridHeight * phase.GridWidth;
        for (var r = 0; r < rows; r++)
        {
            var n = (firstRow + r) / cells;
            var (i, j) = Math.DivRem((int)((firstRow + r) % cells), phase.GridWidth);
            var y = (i * phase.DestinationStep) + phase.DestinationY;
            var x = (j * phase.DestinationStep) + phase.DestinationX;
            offsets[r] = ((((n * map.Height) + y) * map.Width) + x) * map.Channels;
            if (coarse)
            {
                var (addY, addX) = (y * epilogue.AddHeight / map.Height, x * epilogue.AddWidth / map.Width);
                offsets[RowBlock + r] = ((((n * epilogue.AddHeight) + addY) * epilogue.AddWidth) + addX) * map.Channels;
            }
        }
    }

    private readonly RowSource Rows(in ConvPhase phase, int block) => new()
    {
        Source = source + (geometry.Blocks.FirstGroup(block) * geometry.Blocks.SourcePerGroup),
        Height = geometry.Source.Height,
        Width = geometry.Source.Width,
        Channels = geometry.Source.Channels,
        BlockChannels = geometry.Blocks.SourceOf(block),
        GridHeight = phase.GridHeight,
        GridWidth = phase.GridWidth,
        Step = phase.Step,
        StartY = phase.StartY,
        StartX = phase.StartX,
        TapsY = phase.TapsY,
        TapsX = phase.TapsX,
    };

    /// <summary>One block of depth.</summary>
    /// <param name="From">First element.</param>
    /// <param name="To">One past the last.</param>
    /// <param name="Depth">Of the whole product.</param>
    /// <param name="PanelTiles">Elements of all tiles of a panel where sums must wait for the next block; 0 where one tile serves
    /// all.</param>
    private readonly record struct DepthStep(int From, int To, int Depth, int PanelTiles)
    {
        public int Count => To - From;

        public bool IsLast => To == Depth;
    }
}
