using System.Runtime.CompilerServices;
using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// Transformed filters in panels: [36, panel, depth, panel columns]. Forward: depth is the input channel and columns are output channels;
/// backward with respect to data: the other way round, with the taps rotated by half a turn. Columns beyond the last are zero.
/// </summary>
internal unsafe struct WinogradPacker(CpuKernelTable kernels, in ConvParameters w, bool backward, float* weights) : ICpuJob, IWeightPacker
{
    /// <summary>Depth that a task transforms: 16 rows of 9 taps of a panel are 18 kB.</summary>
    private const int DepthBlock = 16;

    private readonly CpuKernelTable kernels = kernels;
    private readonly ConvParameters w = w;
    private readonly bool backward = backward;
    private readonly float* weights = weights;
    private float* packed;

    private readonly int Depth => backward ? w.OutChannels : w.InChannels;

    private readonly int Columns => backward ? w.InChannels : w.OutChannels;

    /// <summary>
    /// From one transformed cell to the next: a cache line more than the panels, so that the 36 streams do not share a cache set.
    /// </summary>
    public static long CellStride(int depth, int columns, int tileColumns) =>
        ((long)ConvGeometry.CeilDiv(columns, tileColumns) * depth * tileColumns) + 16;

    public void Pack(WorkerPool pool, float* destination)
    {
        packed = destination;
        pool.Run(ConvGeometry.CeilDiv(Columns, kernels.TileColumns) * ConvGeometry.CeilDiv(Depth, DepthBlock), ref this);
    }

    [SkipLocalsInit]
    public readonly void Execute(int task, int worker)
    {
        var (panel, block) = Math.DivRem(task, ConvGeometry.CeilDiv(Depth, DepthBlock));
        var tileColumns = kernels.TileColumns;
        var stride = CellStride(Depth, Columns, tileColumns);
        var firstColumn = panel * tileColumns;
        var columns = Math.Min(tileColumns, Columns - firstColumn);
        var last = Math.Min(Depth, (block + 1) * DepthBlock);
        var taps = stackalloc float[DepthBlock * 9 * tileColumns];
        var k0 = block * DepthBlock;
        if (columns < tileColumns)
        {
            new Span<float>(taps, DepthBlock * 9 * tileColumns).Clear();
        }

        if (backward)
        {
            CopyRotated(k0, last, firstColumn, columns, taps);
        }
        else
        {
            CopyTransposed(k0, last, firstColumn, columns, taps);
        }

        for (var k = k0; k < last; k++)
        {
            var to = packed + ((((long)panel * Depth) + k) * tileColumns);
            kernels.WinogradFilter(taps + ((k - k0) * 9 * tileColumns), tileColumns, tileColumns, to, stride);
        }
    }

    /// <summary>taps[k, tap, column] = w[column, tap, k].</summary>
    private readonly void CopyTransposed(int k0, int last, int firstColumn, int columns, float* taps)
    {
        var tileColumns = kernels.TileColumns;
        for (var c = 0; c < columns; c++)
        {
            for (var tap = 0; tap < 9; tap++)
            {
                var from = weights + ((((long)(firstColumn + c) * 9) + tap) * w.InChannels);
                var to = taps + (tap * tileColumns) + c;
                for (var k = k0; k < last; k++, to += 9 * tileColumns)
                {
                    *to = from[k];
                }
            }
        }
    }

    /// <summary>taps[k, tap, column] = w[k, 8 − tap, column].</summary>
    private readonly void CopyRotated(int k0, int last, int firstColumn, int columns, float* taps)
    {
        for (var k = k0; k < last; k++)
        {
            for (var tap = 0; tap < 9; tap++, taps += kernels.TileColumns)
            {
                var from = weights + ((((long)k * 9) + 8 - tap) * w.InChannels) + firstColumn;
                new ReadOnlySpan<float>(from, columns).CopyTo(new Span<float>(taps, columns));
            }
        }
    }
}
