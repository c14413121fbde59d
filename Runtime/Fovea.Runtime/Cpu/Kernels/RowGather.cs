using System.Runtime.CompilerServices;
using Fovea.Cpu.Gemm;

namespace Fovea.Cpu.Kernels;

/// <summary>
/// The rows of the matrix that a convolution multiplies, before they exist: row m = (n, i, j) holds source[n, i·Step + StartY + a, j·Step +
/// StartX + b, c] at k = (a·TapsX + b)·BlockChannels + c, zero outside the map.
/// </summary>
internal unsafe struct RowSource
{
    /// <summary>[N, Height, Width, Channels], advanced to the first channel of the block.</summary>
    public float* Source;
    public int Height;
    public int Width;
    public int Channels;

    /// <summary>Channels that take part: all of them, or those of a block of groups.</summary>
    public int BlockChannels;

    /// <summary>Rows of an image: GridHeight · GridWidth.</summary>
    public int GridHeight;
    public int GridWidth;
    public int Step;
    public int StartY;
    public int StartX;
    public int TapsY;
    public int TapsX;

    /// <summary>K.</summary>
    public readonly int Depth => TapsY * TapsX * BlockChannels;
}

/// <summary>
/// Where element (row, k) of a gathered block goes: <c>Base + k / PanelWidth · PanelStride + row · RowStride + k % PanelWidth</c>, k
/// counted from the first one gathered.
/// </summary>
internal readonly unsafe struct RowLayout(float* start, int panelWidth, long panelStride, int rowStride)
{
    public readonly float* Start = start;
    public readonly int PanelWidth = panelWidth;
    public readonly long PanelStride = panelStride;
    public readonly int RowStride = rowStride;
}

/// <summary>Copies rows of a <see cref="RowSource"/>: a block at a time, so that no im2col matrix ever exists.</summary>
internal static unsafe class RowGather<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Gathers columns k0 … k1 − 1 of <paramref name="rows"/> rows from <paramref name="firstRow"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(RowSource* source, long firstRow, int rows, int k0, int k1, RowLayout layout)
    {
        var s = *source;
        var cells = s.GridHeight * s.GridWidth;
        var n = (int)(firstRow / cells);
        var (i, j) = Math.DivRem((int)(firstRow - ((long)n * cells)), s.GridWidth);
        for (var r = 0; r < rows; r++)
        {
            var image = s.Source + ((long)n * s.Height * s.Width * s.Channels);
            var destination = layout.Start + ((long)r * layout.RowStride);
            GatherRow(s, image, (i * s.Step) + s.StartY, (j * s.Step) + s.StartX, k0, k1, layout, destination);
            if (++j == s.GridWidth)
            {
                j = 0;
                if (++i == s.GridHeight)
                {
                    i = 0;
                    n++;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherRow(in RowSource s, float* image, int y, int x, int k0, int k1, in RowLayout layout, float* destination)
    {
        // where all channels take part, the taps of one kernel row are neighbours in memory: one run
        var whole = s.BlockChannels == s.Channels;
        var runs = whole ? 1 : s.TapsX;
        var taps = whole ? s.TapsX : 1;
        var runLength = taps * s.BlockChannels;
        var k = 0;
        for (var a = 0; a < s.TapsY; a++)
        {
            for (var b = 0; b < runs; b++, k += runLength)
            {
                var from = Math.Max(k, k0);
                var to = Math.Min(k + runLength, k1);
                if (from < to)
                {
                    GatherRun(s, image, y + a, x + b, taps, from - k, to - k, layout, destination, from - k0);
                }
            }
        }
    }

    /// <summary>Elements from … to − 1 of the run of taps that begins at cell (y, x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherRun(
        in RowSource s, float* image, int y, int x, int taps, int from, int to, in RowLayout layout, float* destination, int k)
    {
        var inside = (uint)y < (uint)s.Height;
        var first = inside ? Math.Clamp(-x, 0, taps) * s.BlockChannels : to;
        var last = inside ? Math.Clamp(s.Width - x, 0, taps) * s.BlockChannels : to;
        var zeroTo = Math.Clamp(first, from, to);
        var copyTo = Math.Clamp(last, zeroTo, to);
        Emit(null, zeroTo - from, layout, destination, k);
        var start = image + ((((long)y * s.Width) + x) * s.Channels);
        Emit(start + zeroTo, copyTo - zeroTo, layout, destination, k + zeroTo - from);
        Emit(null, to - copyTo, layout, destination, k + copyTo - from);
    }

    /// <summary>Copies (or clears, where there is no source) a run that may cross panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Emit(float* source, int count, in RowLayout layout, float* destination, int k)
    {
        if (count <= 0)
        {
            return;
        }

        var (panel, within) = k < layout.PanelWidth ? (0, k) : Math.DivRem(k, layout.PanelWidth);
        destination += (panel * layout.PanelStride) + within;
        while (true)
        {
            var take = Math.Min(count, layout.PanelWidth - within);
            if (source == null)
            {
                LaneCopy<TLanes>.Clear(destination, take);
            }
            else
            {
                LaneCopy<TLanes>.Copy(source, destination, take);
                source += take;
            }

            count -= take;
            if (count == 0)
            {
                return;
            }

            destination += layout.PanelStride - within;
            within = 0;
        }
    }
}
