using System.Runtime.CompilerServices;
using Fovea.Cpu.Gemm;

namespace Fovea.Cpu.Kernels;

/// <summary>Rows of weights times a factor, and the dot product that folding's backward needs.</summary>
internal static unsafe class BatchNormFold<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>destination[i] = source[i] · factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* source, float* destination, int count, float factor)
    {
        var f = TLanes.Broadcast(factor);
        var i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            (TLanes.Load(source + i) * f).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = source[i] * factor;
        }
    }

    /// <summary>Returns Σ dw[i] · w[i] and then sets dw[i] = dw[i] · factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double ScaleAndDot(float* dw, float* w, int count, float factor)
    {
        var f = TLanes.Broadcast(factor);
        var dot = TLanes.Broadcast(0);
        var i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            var g = TLanes.Load(dw + i);
            dot += g * TLanes.Load(w + i);
            (g * f).Store(dw + i);
        }

        var sum = (double)TLanes.Sum(dot);
        for (; i < count; i++)
        {
            sum += (double)dw[i] * w[i];
            dw[i] *= factor;
        }

        return sum;
    }
}
