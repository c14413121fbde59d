using System.Runtime.CompilerServices;
using Fovea.Cpu;

namespace Fovea.Ops.Conv;

/// <summary>Both transforms of a few tiles of a chunk.</summary>
internal unsafe struct WinogradGradientTransformJob(
    CpuContext context, in WinogradWeightGradientPlan plan, float* shared, int chunk) : ICountedJob
{
    private readonly CpuContext context = context;
    private readonly CpuKernelTable kernels = context.Kernels;
    private readonly WinogradWeightGradientPlan plan = plan;
    private readonly float* shared = shared;
    private readonly int firstTile = chunk * plan.ChunkTiles;
    private readonly int count = Math.Min(plan.ChunkTiles, plan.Tiles.Count - (chunk * plan.ChunkTiles));

    public readonly int Tasks => ConvGeometry.CeilDiv(count, WinogradWeightGradientPlan.TilesPerTask);

    /// <summary>Zeros that stand for cells outside the map.</summary>
    public static long WorkspaceLength(in WinogradWeightGradientPlan plan) => Math.Max(plan.X.Channels, plan.Dy.Channels);

    [SkipLocalsInit]
    public readonly void Execute(int task, int worker)
    {
        var zeros = context.WorkerWorkspace(worker);
        new Span<float>(zeros, (int)WorkspaceLength(plan)).Clear();
        var cells = stackalloc float*[WinogradTiles.Cells];
        var first = task * WinogradWeightGradientPlan.TilesPerTask;
        var last = Math.Min(count, first + WinogradWeightGradientPlan.TilesPerTask);
        for (var t = first; t < last; t++)
        {
            var (n, y, x) = plan.Tiles.Locate(firstTile + t);
            WinogradTiles.Point(context.Pointer(plan.X), plan.X, n, y - plan.Padding, x - plan.Padding, WinogradTiles.Input, zeros, cells);
            var to = shared + ((long)t * plan.TileColumns);
            kernels.WinogradInput(cells, plan.X.Channels, to, plan.XCellStride, plan.TileColumns, (long)plan.ChunkTiles * plan.TileColumns);

            WinogradTiles.Point(context.Pointer(plan.Dy), plan.Dy, n, y, x, WinogradTiles.Output, zeros, cells);
            to = shared + plan.DyOffset + ((long)t * plan.DyStride);
            kernels.WinogradOutputAdjoint(cells, plan.Dy.Channels, to, plan.DyCellStride);
        }
    }
}

/// <summary>
/// sums[cell][o, c] += Σ over the chunk's tiles of transformed dy[o] · transformed x[c]: a task is a cell and some strips of output
/// channels.
/// </summary>
internal unsafe struct WinogradGradientMultiplyJob(
    CpuContext context, in WinogradWeightGradientPlan plan, float* shared, int chunk) : ICountedJob
{
    /// <summary>Tiles multiplied at a time: with 256 + 256 channels both operands are 400 kB of L2.</summary>
    private const int DepthBlock = 192;

    private readonly CpuKernelTable kernels = context.Kernels;
    private readonly WinogradWeightGradientPlan plan = plan;
    private readonly float* shared = shared;
    private readonly int chunk = chunk;
    private readonly int count = Math.Min(plan.ChunkTiles, plan.Tiles.Count - (chunk * plan.ChunkTiles));

    public readonly int Tasks => plan.MultiplyTasks;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int task, int worker)
    {
        var (stripTask, cell) = Math.DivRem(task, WinogradTiles.Cells);
        var x = shared + (cell * plan.XCellStride);
        var dy = shared + plan.DyOffset + (cell * plan.DyCellStride);
        var sums = shared + plan.SumOffset + (cell * plan.SumCellStride);
        var firstStrip = stripTask * plan.StripsPerTask;
        var lastStrip = Math.Min(plan.Strips, firstStrip + plan.StripsPerTask);
        for (var t = 0; t < count; t += DepthBlock)
        {
            var depth = Math.Min(DepthBlock, count - t);
            for (var panel = 0; panel < plan.Panels; panel++)
            {
                var b = x + ((((long)panel * plan.ChunkTiles) + t) * plan.TileColumns);
                for (var strip = firstStrip; strip < lastStrip; strip++)
                {
                    var a = dy + ((long)t * plan.DyStride) + (strip * plan.TileRows);
                    var tile = sums + ((((long)strip * plan.Panels) + panel) * plan.TileRows * plan.TileColumns);
                    kernels.Multiply(depth, a, 1, plan.DyStride, b, tile, chunk > 0 || t > 0);
                }
            }
        }
    }
}

/// <summary>Column sums of dy over a fixed share of its rows.</summary>
internal unsafe struct WinogradGradientBiasJob(CpuContext context, in WinogradWeightGradientPlan plan, float* shared) : ICountedJob
{
    private readonly CpuContext context = context;
    private readonly WinogradWeightGradientPlan plan = plan;
    private readonly float* shared = shared;

    public readonly int Tasks => plan.BiasTasks;

    public readonly void Execute(int task, int worker)
    {
        const int Block = 256;
        var channels = plan.Dy.Channels;
        var first = plan.Dy.Cells * task / plan.BiasTasks;
        var last = plan.Dy.Cells * (task + 1) / plan.BiasTasks;
        var sums = shared + plan.BiasOffset + ((long)task * channels);
        for (var row = first; row < last; row += Block)
        {
            var rows = (int)Math.Min(Block, last - row);
            context.Kernels.AddColumns(context.Pointer(plan.Dy) + (row * channels), channels, rows, channels, sums, row > first);
        }
    }
}

/// <summary>dw = Gᵀ U G and db, written or added: a task is a strip of output channels.</summary>
internal unsafe struct WinogradGradientFilterJob(
    CpuContext context, in WinogradWeightGradientPlan plan, float* shared, float* dw, float* db, bool accumulate) : ICpuJob
{
    private readonly CpuKernelTable kernels = context.Kernels;
    private readonly WinogradWeightGradientPlan plan = plan;
    private readonly float* shared = shared;
    private readonly float* dw = dw;
    private readonly float* db = db;
    private readonly bool accumulate = accumulate;

    [SkipLocalsInit]
    public readonly void Execute(int task, int worker)
    {
        var taps = stackalloc float[9 * plan.TileColumns];
        var last = Math.Min(plan.Dy.Channels, (task + 1) * plan.TileRows);
        for (var o = task * plan.TileRows; o < last; o++)
        {
            for (var panel = 0; panel < plan.Panels; panel++)
            {
                var tile = shared + plan.SumOffset + ((((long)task * plan.Panels) + panel) * plan.TileRows * plan.TileColumns);
                var row = tile + ((o - (task * plan.TileRows)) * plan.TileColumns);
                kernels.WinogradFilterAdjoint(row, plan.SumCellStride, plan.TileColumns, taps);
                var first = panel * plan.TileColumns;
                var columns = Math.Min(plan.TileColumns, plan.X.Channels - first);
                for (var tap = 0; tap < 9; tap++)
                {
                    Write(taps + (tap * plan.TileColumns), dw + ((((long)o * 9) + tap) * plan.X.Channels) + first, columns);
                }
            }

            if (db != null)
            {
                var sum = 0f;
                for (var part = 0; part < plan.BiasTasks; part++)
                {
                    sum += shared[plan.BiasOffset + ((long)part * plan.Dy.Channels) + o];
                }

                Write(&sum, db + o, 1);
            }
        }
    }

    private readonly void Write(float* values, float* destination, int count)
    {
        if (accumulate)
        {
            kernels.AddColumns(values, 0, 1, count, destination, true);
        }
        else
        {
            new ReadOnlySpan<float>(values, count).CopyTo(new Span<float>(destination, count));
        }
    }
}
