using System.Runtime.CompilerServices;
using Fovea.Cpu;
using Fovea.Cpu.Gemm;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// destination = epilogue(3×3 convolution of source) by F(4×4, 3×3). A task is a block of tiles by a block of output columns: it transforms
/// its input tiles, multiplies [tiles, Cin] · [Cin, columns] for each of the 36 cells, and transforms back, all in its worker's workspace.
/// </summary>
internal unsafe struct WinogradJob : ICountedJob
{
    /// <summary>
    /// Tiles of a task at the most: they share one pass over the transformed filters, which are 36/9 times the weights and stream from L3.
    /// </summary>
    private const int MaxTiles = 48;

    /// <summary>Columns transformed back at a time.</summary>
    private const int ColumnBlock = 128;

    /// <summary>Fewer tasks than this are split further by columns, which repeats the input transform.</summary>
    private const int WantedTasks = 8;

    private readonly CpuKernelTable kernels;
    private readonly CpuContext context;
    private readonly FeatureMap from;
    private readonly FeatureMap to;
    private readonly int padding;
    private readonly float* filters;
    private readonly ConvEpilogue epilogue;
    private readonly WinogradTiles tiles;
    private readonly int tilesPerTask;
    private readonly int panels;
    private readonly int panelsPerTask;
    private readonly int panelsPerBlock;
    private readonly int columnTasks;
    private readonly int rowStride;

    public WinogradJob(CpuContext context, FeatureMap from, FeatureMap to, int padding, float* filters, in ConvEpilogue epilogue)
    {
        this.context = context;
        this.from = from;
        this.to = to;
        this.padding = padding;
        this.filters = filters;
        this.epilogue = epilogue;
        kernels = context.Kernels;
        tiles = new WinogradTiles(to);
        panels = ConvGeometry.CeilDiv(to.Channels, kernels.TileColumns);

        // an even number of equal blocks, so that two or four workers finish together
        var blocks = ConvGeometry.CeilDiv(tiles.Count, MaxTiles);
        blocks = blocks == 1 ? 1 : ConvGeometry.CeilDiv(blocks, 4) * 4;
        tilesPerTask = ConvGeometry.CeilDiv(ConvGeometry.CeilDiv(tiles.Count, blocks), kernels.TileRows) * kernels.TileRows;
        var tileTasks = ConvGeometry.CeilDiv(tiles.Count, tilesPerTask);
        panelsPerTask = ConvGeometry.CeilDiv(panels, Math.Min(panels, ConvGeometry.CeilDiv(WantedTasks, tileTasks)));
        columnTasks = ConvGeometry.CeilDiv(panels, panelsPerTask);
        panelsPerBlock = Math.Min(panelsPerTask, Math.Max(1, ColumnBlock / kernels.TileColumns));
        rowStride = (ConvGeometry.CeilDiv(from.Channels, 16) | 1) * 16;
        Tasks = tileTasks * columnTasks;
    }

    public int Tasks { get; }

    /// <summary>Elements of workspace that a task needs.</summary>
    public readonly long WorkspaceLength =>
        rowStride + (16 * kernels.TileColumns) + (64L * tilesPerTask) + (WinogradTiles.Cells * (InputStride + ProductStride));

    /// <summary>
    /// From one transformed cell of the input to the next; a line more than its rows, see <see cref="WinogradPacker.CellStride"/>.
    /// </summary>
    private readonly long InputStride => ((long)tilesPerTask * rowStride) + 16;

    private readonly long ProductStride => ((long)panelsPerBlock * tilesPerTask * kernels.TileColumns) + 16;

    public readonly void Execute(int task, int worker)
    {
        var (tileTask, columnTask) = Math.DivRem(task, columnTasks);
        var firstTile = tileTask * tilesPerTask;
        var count = Math.Min(tilesPerTask, tiles.Count - firstTile);
        var zeros = context.WorkerWorkspace(worker);
        var cell = zeros + rowStride;
        var rows = (long*)(cell + (16 * kernels.TileColumns));
        var input = (float*)(rows + (32L * tilesPerTask));
        var products = input + (WinogradTiles.Cells * InputStride);
        new Span<float>(zeros, rowStride).Clear();
        TransformInput(firstTile, count, zeros, input);
        FillRows(firstTile, count, rows);
        var lastPanel = Math.Min(panels, (columnTask + 1) * panelsPerTask);
        for (var panel = columnTask * panelsPerTask; panel < lastPanel; panel += panelsPerBlock)
        {
            var blockPanels = Math.Min(panelsPerBlock, lastPanel - panel);
            Multiply(count, panel, blockPanels, input, products);
            TransformOutput(firstTile, count, panel, blockPanels, products, cell, rows);
        }
    }

    [SkipLocalsInit]
    private readonly void TransformInput(int firstTile, int count, float* zeros, float* input)
    {
        var cells = stackalloc float*[WinogradTiles.Cells];
        for (var t = 0; t < count; t++)
        {
            var (n, y, x) = tiles.Locate(firstTile + t);
            WinogradTiles.Point(context.Pointer(from), from, n, y - padding, x - padding, WinogradTiles.Input, zeros, cells);
            kernels.WinogradInput(cells, from.Channels, input + ((long)t * rowStride), InputStride, from.Channels, 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply(int count, int firstPanel, int blockPanels, float* input, float* products)
    {
        var (tileRows, tileColumns, depth) = (kernels.TileRows, kernels.TileColumns, from.Channels);
        var filterStride = WinogradPacker.CellStride(depth, to.Channels, tileColumns);
        for (var cell = 0; cell < WinogradTiles.Cells; cell++)
        {
            var a = input + (cell * InputStride);
            for (var panel = 0; panel < blockPanels; panel++)
            {
                var b = filters + (cell * filterStride) + ((long)(firstPanel + panel) * depth * tileColumns);
                var c = products + (cell * ProductStride) + ((long)panel * tilesPerTask * tileColumns);
                for (var t = 0; t < count; t += tileRows)
                {
                    kernels.Multiply(depth, a + ((long)t * rowStride), rowStride, 1, b, c + ((long)t * tileColumns), false);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TransformOutput(
        int firstTile, int count, int firstPanel, int blockPanels, float* products, float* cell, long* rows)
    {
        var tileColumns = kernels.TileColumns;
        var sameRows = epilogue.AddHeight == to.Height && epilogue.AddWidth == to.Width;
        var target = new TileTarget
        {
            Destination = context.Pointer(to),
            Bias = epilogue.Bias,
            Add = epilogue.Add,
            Mask = epilogue.Mask,
            Relu = epilogue.Relu,
            Rows = rows,
            AddRows = sameRows ? rows : rows + (16 * tilesPerTask),
        };
        for (var panel = 0; panel < blockPanels; panel++)
        {
            var firstColumn = (firstPanel + panel) * tileColumns;
            var columns = Math.Min(tileColumns, to.Channels - firstColumn);
            for (var t = 0; t < count; t++)
            {
                kernels.WinogradOutput(products + ((((long)panel * tilesPerTask) + t) * tileColumns), ProductStride, tileColumns, cell);
                var (_, y, x) = tiles.Locate(firstTile + t);
                var (height, width) = (Math.Min(WinogradTiles.Output, to.Height - y), Math.Min(WinogradTiles.Output, to.Width - x));
                if (width == WinogradTiles.Output)
                {
                    kernels.StoreTile(cell, tileColumns, 4 * height, columns, &target, 16 * t, firstColumn);
                    continue;
                }

                for (var i = 0; i < height; i++)
                {
                    kernels.StoreTile(cell + (4 * i * tileColumns), tileColumns, width, columns, &target, (16 * t) + (4 * i), firstColumn);
                }
            }
        }
    }

    /// <summary>
    /// Where each of a tile's 16 cells begins in the destination and, after all of those, in a coarser map that is added; cells outside are
    /// never used.
    /// </summary>
    private readonly void FillRows(int firstTile, int count, long* rows)
    {
        var add = rows + (16 * tilesPerTask);
        for (var t = 0; t < count; t++)
        {
            var (n, y0, x0) = tiles.Locate(firstTile + t);
            for (var k = 0; k < 16; k++)
            {
                var (y, x) = (y0 + (k / 4), x0 + (k % 4));
                *rows++ = ((((long)n * to.Height) + y) * to.Width + x) * to.Channels;
                var (addY, addX) = (y * epilogue.AddHeight / to.Height, x * epilogue.AddWidth / to.Width);
                *add++ = ((((long)n * epilogue.AddHeight) + addY) * epilogue.AddWidth + addX) * to.Channels;
            }
        }
    }
}
