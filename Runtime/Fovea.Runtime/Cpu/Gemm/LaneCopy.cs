using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Cpu.Gemm;

/// <summary>Copies and clears short runs of floats without a call.</summary>
internal static unsafe class LaneCopy<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(float* source, float* destination, int count)
    {
        var i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Load(source + i).Store(destination + i);
        }

        // fewer than 16 are left: 8, 4, 2, 1
        if (count - i >= 8)
        {
            Vector256.Load(source + i).Store(destination + i);
            i += 8;
        }

        if (count - i >= 4)
        {
            Vector128.Load(source + i).Store(destination + i);
            i += 4;
        }

        for (; i < count; i++)
        {
            destination[i] = source[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Clear(float* destination, int count)
    {
        var zero = TLanes.Broadcast(0);
        var i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            zero.Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = 0;
        }
    }
}
