using System.Runtime.CompilerServices;
using Fovea.Cpu.Gemm;

namespace Fovea.Cpu.Kernels;

/// <summary>
/// The linear maps of F(4×4, 3×3) at the points 0, ±1, ±2, ∞ (Lavin and Gray 2015, section 4.3): a tile of 4×4 outputs is Y = Aᵀ [(G g Gᵀ)
/// ⊙ (Bᵀ d B)] A of its 6×6 inputs d and the 3×3 filter g. Gradients use the adjoints: d(filter) = Gᵀ U G with U = Σ (Bᵀ d B) ⊙ (A dY Aᵀ).
/// Each map works on a vector of channels at once; index (i, j) of the 36 transformed cells is i·6 + j.
/// </summary>
internal static unsafe class WinogradTransform<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// Bᵀ d B of one tile: 36 results of <paramref name="channels"/> each, at <paramref name="stride"/> from each other. At least a vector
    /// of channels; the last vector may overlap the one before it. Panels: channel c lies at c / panelWidth · panelStride + c % panelWidth
    /// (a vector never crosses a panel when both widths are multiples of it).
    /// </summary>
    /// <param name="cells">36 pointers to channel 0 of the tile's cells, row by row; cells outside the map point to zeros.</param>
    /// <param name="channels">C.</param>
    /// <param name="destination">Cell (0, 0), channel 0.</param>
    /// <param name="stride">From one transformed cell to the next.</param>
    /// <param name="panelWidth">Channels in a panel; C for rows without panels.</param>
    /// <param name="panelStride">From one panel to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float** cells, int channels, float* destination, long stride, int panelWidth, long panelStride)
    {
        var columns = stackalloc float[36 * TLanes.Count];
        for (var next = 0; next < channels; next += TLanes.Count)
        {
            var c = Math.Min(next, channels - TLanes.Count);
            for (var j = 0; j < 6; j++)
            {
                InputLine(
                    TLanes.Load(cells[j] + c),
                    TLanes.Load(cells[6 + j] + c),
                    TLanes.Load(cells[12 + j] + c),
                    TLanes.Load(cells[18 + j] + c),
                    TLanes.Load(cells[24 + j] + c),
                    TLanes.Load(cells[30 + j] + c),
                    columns + (j * TLanes.Count),
                    6 * TLanes.Count);
            }

            var to = destination + (panelWidth == channels ? c : (c / panelWidth * panelStride) + (c % panelWidth));
            for (var i = 0; i < 6; i++)
            {
                var row = columns + (6 * i * TLanes.Count);
                var line = to + (6 * i * stride);
                InputLine(Cell(row, 0), Cell(row, 1), Cell(row, 2), Cell(row, 3), Cell(row, 4), Cell(row, 5), line, stride);
            }
        }
    }

    /// <summary>Aᵀ m A of one tile: 16 cells of <paramref name="channels"/> (a multiple of the vector), dense.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* source, long stride, int channels, float* destination)
    {
        var columns = stackalloc float[6 * OutputMap.Results * TLanes.Count];
        Contract<OutputMap>(source, stride, channels, columns, destination);
    }

    /// <summary>
    /// A dY Aᵀ of one tile of 16 cells, the adjoint of <see cref="Output"/>: 36 results at <paramref name="stride"/> from each other.
    /// </summary>
    /// <param name="cells">16 pointers to channel 0 of the tile's cells, row by row; cells outside the map point to zeros.</param>
    /// <param name="channels">C, at least a vector; the last vector may overlap the one before it.</param>
    /// <param name="destination">Cell (0, 0), channel 0.</param>
    /// <param name="stride">From one transformed cell to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputAdjoint(float** cells, int channels, float* destination, long stride)
    {
        var columns = stackalloc float[24 * TLanes.Count];
        for (var next = 0; next < channels; next += TLanes.Count)
        {
            var c = Math.Min(next, channels - TLanes.Count);
            for (var j = 0; j < 4; j++)
            {
                AdjointLine(
                    TLanes.Load(cells[j] + c),
                    TLanes.Load(cells[4 + j] + c),
                    TLanes.Load(cells[8 + j] + c),
                    TLanes.Load(cells[12 + j] + c),
                    columns + (j * TLanes.Count),
                    4 * TLanes.Count);
            }

            for (var i = 0; i < 6; i++)
            {
                var row = columns + (4 * i * TLanes.Count);
                AdjointLine(Cell(row, 0), Cell(row, 1), Cell(row, 2), Cell(row, 3), destination + (6 * i * stride) + c, stride);
            }
        }
    }

    /// <summary>
    /// G g Gᵀ: 9 taps of <paramref name="channels"/> (a multiple of the vector) at <paramref name="tapStride"/> to 36 at <paramref
    /// name="stride"/>, aligned to the vector. They are stored past the caches: four times the weights, they would evict everything and be
    /// read from memory first only to be overwritten. The pool's interlocked countdown orders these stores before whatever follows the run.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Filter(float* taps, int tapStride, int channels, float* destination, long stride)
    {
        var columns = stackalloc float[18 * TLanes.Count];
        for (var c = 0; c < channels; c += TLanes.Count)
        {
            for (var j = 0; j < 3; j++)
            {
                var from = taps + (j * tapStride) + c;
                var to = columns + (j * TLanes.Count);
                var (g0, g1, g2) = (TLanes.Load(from), TLanes.Load(from + (3 * tapStride)), TLanes.Load(from + (6 * tapStride)));
                FilterLine(g0, g1, g2, false, to, 3 * TLanes.Count);
            }

            for (var i = 0; i < 6; i++)
            {
                var row = columns + (3 * i * TLanes.Count);
                FilterLine(Cell(row, 0), Cell(row, 1), Cell(row, 2), true, destination + (6 * i * stride) + c, stride);
            }
        }
    }

    /// <summary>
    /// Gᵀ U G, the adjoint of <see cref="Filter"/>: 36 rows of <paramref name="channels"/> (a multiple of the vector) to 9, dense.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FilterAdjoint(float* source, long stride, int channels, float* destination)
    {
        var columns = stackalloc float[6 * FilterAdjointMap.Results * TLanes.Count];
        Contract<FilterAdjointMap>(source, stride, channels, columns, destination);
    }

    /// <summary>
    /// M S Mᵀ of 36 transformed cells for a map M that takes six values to fewer: dense results of <paramref name="channels"/> each.
    /// </summary>
    /// <param name="source">Cell (0, 0), channel 0.</param>
    /// <param name="stride">From one transformed cell to the next.</param>
    /// <param name="channels">C, a multiple of the vector.</param>
    /// <param name="columns">Room for the results of six columns, a vector each.</param>
    /// <param name="destination">Result (0, 0), channel 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Contract<TMap>(float* source, long stride, int channels, float* columns, float* destination)
        where TMap : struct, IContraction
    {
        for (var c = 0; c < channels; c += TLanes.Count)
        {
            for (var j = 0; j < 6; j++)
            {
                var from = source + (j * stride) + c;
                TMap.Line(
                    TLanes.Load(from),
                    TLanes.Load(from + (6 * stride)),
                    TLanes.Load(from + (12 * stride)),
                    TLanes.Load(from + (18 * stride)),
                    TLanes.Load(from + (24 * stride)),
                    TLanes.Load(from + (30 * stride)),
                    columns + (j * TLanes.Count),
                    6 * TLanes.Count);
            }

            for (var i = 0; i < TMap.Results; i++)
            {
                var row = columns + (6 * i * TLanes.Count);
                var to = destination + (TMap.Results * i * channels) + c;
                TMap.Line(Cell(row, 0), Cell(row, 1), Cell(row, 2), Cell(row, 3), Cell(row, 4), Cell(row, 5), to, channels);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Cell(float* row, int index) => TLanes.Load(row + (index * TLanes.Count));

    /// <summary>
    /// Bᵀ: (4d₀ − 5d₂ + d₄, −4d₁ − 4d₂ + d₃ + d₄, 4d₁ − 4d₂ − d₃ + d₄, −2d₁ − d₂ + 2d₃ + d₄, 2d₁ − d₂ − 2d₃ + d₄, 4d₁ − 5d₃ + d₅).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputLine(TLanes d0, TLanes d1, TLanes d2, TLanes d3, TLanes d4, TLanes d5, float* to, long step)
    {
        var (two, four, minusFour, minusFive) = (TLanes.Broadcast(2), TLanes.Broadcast(4), TLanes.Broadcast(-4), TLanes.Broadcast(-5));
        TLanes.MultiplyAdd(four, d0, TLanes.MultiplyAdd(minusFive, d2, d4)).Store(to);
        var even = TLanes.MultiplyAdd(minusFour, d2, d4);
        var odd = TLanes.MultiplyAdd(minusFour, d1, d3);
        (even + odd).Store(to + step);
        (even - odd).Store(to + (2 * step));
        even = d4 - d2;
        odd = two * (d3 - d1);
        (even + odd).Store(to + (3 * step));
        (even - odd).Store(to + (4 * step));
        TLanes.MultiplyAdd(four, d1, TLanes.MultiplyAdd(minusFive, d3, d5)).Store(to + (5 * step));
    }

    /// <summary>A: (d₀, d₀ ± d₁ + d₂ ± d₃, d₀ ± 2d₁ + 4d₂ ± 8d₃, d₃).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AdjointLine(TLanes d0, TLanes d1, TLanes d2, TLanes d3, float* to, long step)
    {
        d0.Store(to);
        TLanes even = d0 + d2, odd = d1 + d3;
        (even + odd).Store(to + step);
        (even - odd).Store(to + (2 * step));
        even = TLanes.MultiplyAdd(TLanes.Broadcast(4), d2, d0);
        odd = TLanes.MultiplyAdd(TLanes.Broadcast(8), d3, d1 + d1);
        (even + odd).Store(to + (3 * step));
        (even - odd).Store(to + (4 * step));
        d3.Store(to + (5 * step));
    }

    /// <summary>G: (g₀/4, −(g₀ ± g₁ + g₂)/6, g₀/24 ± g₁/12 + g₂/6, g₂).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FilterLine(TLanes g0, TLanes g1, TLanes g2, bool stream, float* to, long step)
    {
        Store(TLanes.Broadcast(1 / 4f) * g0, stream, to);
        TLanes even = TLanes.Broadcast(-1 / 6f) * (g0 + g2), odd = TLanes.Broadcast(-1 / 6f) * g1;
        Store(even + odd, stream, to + step);
        Store(even - odd, stream, to + (2 * step));
        even = TLanes.MultiplyAdd(TLanes.Broadcast(1 / 24f), g0, TLanes.Broadcast(1 / 6f) * g2);
        odd = TLanes.Broadcast(1 / 12f) * g1;
        Store(even + odd, stream, to + (3 * step));
        Store(even - odd, stream, to + (4 * step));
        Store(g2, stream, to + (5 * step));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TLanes value, bool stream, float* to)
    {
        if (stream)
        {
            value.StoreStreaming(to);
        }
        else
        {
            value.Store(to);
        }
    }

    /// <summary>A map of six values to fewer.</summary>
    private interface IContraction
    {
        static abstract int Results { get; }

        /// <summary>Writes the results at <paramref name="step"/> from each other.</summary>
        static abstract void Line(TLanes v0, TLanes v1, TLanes v2, TLanes v3, TLanes v4, TLanes v5, float* to, long step);
    }

    /// <summary>Aᵀ: (m₀ + m₁ + m₂ + m₃ + m₄, m₁ − m₂ + 2m₃ − 2m₄, m₁ + m₂ + 4m₃ + 4m₄, m₁ − m₂ + 8m₃ − 8m₄ + m₅).</summary>
    private readonly struct OutputMap : IContraction
    {
        public static int Results => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Line(TLanes m0, TLanes m1, TLanes m2, TLanes m3, TLanes m4, TLanes m5, float* to, long step)
        {
            TLanes sum1 = m1 + m2, sum2 = m3 + m4, difference1 = m1 - m2, difference2 = m3 - m4;
            (m0 + sum1 + sum2).Store(to);
            TLanes.MultiplyAdd(TLanes.Broadcast(2), difference2, difference1).Store(to + step);
            TLanes.MultiplyAdd(TLanes.Broadcast(4), sum2, sum1).Store(to + (2 * step));
            TLanes.MultiplyAdd(TLanes.Broadcast(8), difference2, difference1 + m5).Store(to + (3 * step));
        }
    }

    /// <summary>Gᵀ: (u₀/4 − (u₁ + u₂)/6 + (u₃ + u₄)/24, (u₂ − u₁)/6 + (u₃ − u₄)/12, (u₃ + u₄ − u₁ − u₂)/6 + u₅).</summary>
    private readonly struct FilterAdjointMap : IContraction
    {
        public static int Results => 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Line(TLanes u0, TLanes u1, TLanes u2, TLanes u3, TLanes u4, TLanes u5, float* to, long step)
        {
            var sixth = TLanes.Broadcast(1 / 6f);
            TLanes sum1 = u1 + u2, sum2 = u3 + u4;
            var first = TLanes.MultiplyAdd(TLanes.Broadcast(-1 / 6f), sum1, TLanes.Broadcast(1 / 4f) * u0);
            TLanes.MultiplyAdd(TLanes.Broadcast(1 / 24f), sum2, first).Store(to);
            TLanes.MultiplyAdd(sixth, u2 - u1, TLanes.Broadcast(1 / 12f) * (u3 - u4)).Store(to + step);
            TLanes.MultiplyAdd(sixth, sum2 - sum1, u5).Store(to + (2 * step));
        }
    }
}
