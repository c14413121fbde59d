using System.Runtime.CompilerServices;
using Fovea.CompilerServices;
using Fovea.Cpu.Kernels;
using Fovea.Cpu;

namespace Fovea.Ops.Conv;

/// <summary>
/// The sums of each chunk of rows: tile[o, k] = Σ dy[m, o] · rows(x)[m, k]. A task packs a block of rows of both into its worker's
/// workspace and multiplies, adding into tiles that stay in its L2 cache.
/// </summary>
internal unsafe struct ConvWeightGradientJob(
    CpuContext context, in ConvWeightGradientPlan plan, FeatureMap x, FeatureMap dy, float* partial, bool wantsBias) : ICountedJob
{
    private readonly CpuContext context = context;
    private readonly CpuKernelTable kernels = context.Kernels;
    private readonly ConvWeightGradientPlan plan = plan;
    private readonly float* x = context.Pointer(x);
    private readonly float* dy = context.Pointer(dy);
    private readonly float* partial = partial;
    private readonly bool wantsBias = wantsBias;

    public readonly int Tasks => plan.Tasks;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int task, int worker)
    {
        var (rest, columnTask) = Math.DivRem(task, plan.ColumnTasks);
        (rest, var channelTask) = Math.DivRem(rest, plan.ChannelTasks);
        var (chunk, block) = Math.DivRem(rest, plan.Blocks.Count);
        var area = Area(block, channelTask, columnTask);
        var a = context.WorkerWorkspace(worker);
        var b = a + (ConvWeightGradientPlan.RowBlock * plan.StripsPerTask * plan.TileRows);
        var firstRow = (long)chunk * plan.RowBlocksPerChunk * ConvWeightGradientPlan.RowBlock;
        var lastRow = Math.Min(plan.Rows, firstRow + ((long)plan.RowBlocksPerChunk * ConvWeightGradientPlan.RowBlock));
        var tiles = partial + (chunk * plan.ChunkLength);
        for (var row = firstRow; row < lastRow; row += ConvWeightGradientPlan.RowBlock)
        {
            var rows = (int)Math.Min(ConvWeightGradientPlan.RowBlock, lastRow - row);
            if (area.Channels > 0 && area.Columns > 0)
            {
                Pack(area, row, rows, a, b);
                Multiply(area, rows, a, b, tiles, row > firstRow);
            }

            if (wantsBias && columnTask == 0 && area.Channels > 0)
            {
                var sums = partial + (plan.Chunks * plan.ChunkLength) + ((long)chunk * plan.BiasLength) + area.FirstChannel;
                var channels = plan.Geometry.Destination.Channels;
                kernels.AddColumns(dy + (row * channels) + area.FirstChannel, channels, rows, area.Channels, sums, row > firstRow);
            }
        }
    }

    private readonly TaskArea Area(int block, int channelTask, int columnTask)
    {
        var strip = channelTask * plan.StripsPerTask;
        var panel = columnTask * plan.PanelsPerTask;
        var blockChannels = plan.Blocks.DestinationOf(block);
        var depth = plan.Phase.Taps * plan.Blocks.SourceOf(block);
        var channels = Math.Min(blockChannels - (strip * plan.TileRows), plan.StripsPerTask * plan.TileRows);
        var columns = Math.Min(depth - (panel * plan.TileColumns), plan.PanelsPerTask * plan.TileColumns);
        var firstChannel = (plan.Blocks.FirstGroup(block) * plan.Blocks.DestinationPerGroup) + (strip * plan.TileRows);
        return new TaskArea(block, strip, panel, firstChannel, channels, columns);
    }

    /// <summary>
    /// dy in strips [row, tile rows] and rows of x in panels [row, tile columns]; what lies beyond the last channel or column is not read
    /// from the result.
    /// </summary>
    private readonly void Pack(in TaskArea area, long row, int rows, float* a, float* b)
    {
        var channels = plan.Geometry.Destination.Channels;
        var dense = new RowSource
        {
            Source = dy + area.FirstChannel,
            Height = 1,
            Width = 1,
            Channels = channels,
            BlockChannels = area.Channels,
            GridHeight = 1,
            GridWidth = 1,
            TapsY = 1,
            TapsX = 1,
        };
        var strips = new RowLayout(a, plan.TileRows, (long)rows * plan.TileRows, plan.TileRows);
        kernels.Gather(&dense, row, rows, 0, area.Channels, strips);

        var x0 = plan.Blocks.FirstGroup(area.Block) * plan.Blocks.SourcePerGroup;
        var gathered = new RowSource
        {
            Source = x + x0,
            Height = plan.Geometry.Source.Height,
            Width = plan.Geometry.Source.Width,
            Channels = plan.Geometry.Source.Channels,
            BlockChannels = plan.Blocks.SourceOf(area.Block),
            GridHeight = plan.Phase.GridHeight,
            GridWidth = plan.Phase.GridWidth,
            Step = plan.Phase.Step,
            StartY = plan.Phase.StartY,
            StartX = plan.Phase.StartX,
            TapsY = plan.Phase.TapsY,
            TapsX = plan.Phase.TapsX,
        };
        var k0 = area.FirstPanel * plan.TileColumns;
        var panels = new RowLayout(b, plan.TileColumns, (long)rows * plan.TileColumns, plan.TileColumns);
        kernels.Gather(&gathered, row, rows, k0, k0 + area.Columns, panels);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply(in TaskArea area, int rows, float* a, float* b, float* tiles, bool accumulate)
    {
        for (var column = 0; column < area.Columns; column += plan.TileColumns)
        {
            var panel = area.FirstPanel + (column / plan.TileColumns);
            for (var channel = 0; channel < area.Channels; channel += plan.TileRows)
            {
                var tile = tiles + plan.Tile(area.Block, area.FirstStrip + (channel / plan.TileRows), panel);
                kernels.Multiply(rows, a + ((long)channel * rows), 1, plan.TileRows, b + ((long)column * rows), tile, accumulate);
            }
        }
    }

    private readonly record struct TaskArea(int Block, int FirstStrip, int FirstPanel, int FirstChannel, int Channels, int Columns);
}

/// <summary>Adds the chunks' sums in order, and writes or adds them to dw and db: a task for each strip of output channels.</summary>
internal unsafe struct ConvWeightGradientReduction(
    in ConvWeightGradientPlan plan, float* partial, float* dw, float* db, bool accumulate) : ICpuJob
{
    private readonly ConvWeightGradientPlan plan = plan;
    private readonly float* partial = partial;
    private readonly float* dw = dw;
    private readonly float* db = db;
    private readonly bool accumulate = accumulate;

    public readonly int Tasks => plan.Blocks.Count * plan.Strips;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int task, int worker)
    {
        var (block, strip) = Math.DivRem(task, plan.Strips);
        var channels = Math.Min(plan.TileRows, plan.Blocks.DestinationOf(block) - (strip * plan.TileRows));
        var firstChannel = (plan.Blocks.FirstGroup(block) * plan.Blocks.DestinationPerGroup) + (strip * plan.TileRows);
        var depth = plan.Phase.Taps * plan.Blocks.SourceOf(block);
        var row = stackalloc float[plan.TileColumns];
        for (var r = 0; r < channels; r++)
        {
            for (var panel = 0; panel * plan.TileColumns < depth; panel++)
            {
                var k0 = panel * plan.TileColumns;
                var columns = Math.Min(plan.TileColumns, depth - k0);
                SumChunks(plan.Tile(block, strip, panel) + (r * plan.TileColumns), plan.ChunkLength, columns, row);
                WriteRow(block, (strip * plan.TileRows) + r, firstChannel + r, k0, columns, row);
            }
        }

        if (db != null && channels > 0)
        {
            for (var r = 0; r < channels; r += plan.TileColumns)
            {
                var count = Math.Min(plan.TileColumns, channels - r);
                SumChunks((plan.Chunks * plan.ChunkLength) + firstChannel + r, plan.BiasLength, count, row);
                Write(row, count, db + firstChannel + r);
            }
        }
    }

    private readonly void SumChunks(long offset, long stride, int count, float* sum)
    {
        var p = partial + offset;
        new ReadOnlySpan<float>(p, count).CopyTo(new Span<float>(sum, count));
        for (var chunk = 1; chunk < plan.Chunks; chunk++)
        {
            p += stride;
            for (var i = 0; i < count; i++)
            {
                sum[i] += p[i];
            }
        }
    }

    /// <summary>Of a block-diagonal block only the filter's own group is kept.</summary>
    private readonly void WriteRow(int block, int channelInBlock, int channel, int k0, int columns, float* row)
    {
        var perGroup = plan.Blocks.SourcePerGroup;
        var filter = dw + ((long)channel * plan.Phase.Taps * perGroup);
        if (plan.Blocks.PerBlock == 1)
        {
            Write(row, columns, filter + k0);
            return;
        }

        var blockChannels = plan.Blocks.SourceOf(block);
        var from = channelInBlock / plan.Blocks.DestinationPerGroup * perGroup;
        for (var i = 0; i < columns; i++)
        {
            var (tap, c) = Math.DivRem(k0 + i, blockChannels);
            if (c >= from && c < from + perGroup)
            {
                Write(row + i, 1, filter + (tap * perGroup) + c - from);
            }
        }
    }

    private readonly void Write(float* values, int count, float* destination)
    {
        for (var i = 0; i < count; i++)
        {
            destination[i] = accumulate ? destination[i] + values[i] : values[i];
        }
    }
}
