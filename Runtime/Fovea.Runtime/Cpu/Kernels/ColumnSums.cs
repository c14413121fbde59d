using System.Runtime.CompilerServices;
using Fovea.Cpu.Gemm;

namespace Fovea.Cpu.Kernels;

/// <summary>Sums over rows: the bias gradient.</summary>
internal static unsafe class ColumnSums<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>sums[c] = (sums[c] +) Σᵣ rows[r · stride + c] for c &lt; columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* rows, long stride, int count, int columns, float* sums, bool accumulate)
    {
        var c = 0;
        for (; c <= columns - TLanes.Count; c += TLanes.Count)
        {
            var (even, odd) = (TLanes.Broadcast(0), TLanes.Broadcast(0));
            var p = rows + c;
            var r = 0;
            for (; r + 2 <= count; r += 2, p += 2 * stride)
            {
                even += TLanes.Load(p);
                odd += TLanes.Load(p + stride);
            }

            even = r < count ? even + TLanes.Load(p) : even;
            even += odd;
            even = accumulate ? even + TLanes.Load(sums + c) : even;
            even.Store(sums + c);
        }

        for (; c < columns; c++)
        {
            var sum = 0f;
            for (var r = 0; r < count; r++)
            {
                sum += rows[(r * stride) + c];
            }

            sums[c] = accumulate ? sums[c] + sum : sum;
        }
    }
}
