using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V = System.Runtime.Intrinsics.Vector128<float>;

namespace Fovea.Cpu.Gemm;

/// <summary>
/// 6 rows by 8 columns: fits the 16 registers of SSE as well as the 32 of NEON. Fused where the machine fuses.
/// </summary>
internal static unsafe class GemmKernel6x8Portable
{
    public const int Rows = 6;
    public const int Columns = 8;

    /// <summary>
    /// tile[6, 8] = (tile +) Σₖ a[row, k] · b[k, column], where a[row, k] lies at <c>a + row·aRow + k·aStep</c>, b is a packed panel [k, 8]
    /// and tile is dense.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(long depth, float* a, long aRow, long aStep, float* b, float* tile, bool accumulate)
    {
        V c00 = V.Zero, c01 = V.Zero;
        V c10 = V.Zero, c11 = V.Zero;
        V c20 = V.Zero, c21 = V.Zero;
        V c30 = V.Zero, c31 = V.Zero;
        V c40 = V.Zero, c41 = V.Zero;
        V c50 = V.Zero, c51 = V.Zero;
        if (accumulate)
        {
            c00 = Vector128.Load(tile + 0);
            c01 = Vector128.Load(tile + 4);
            c10 = Vector128.Load(tile + 8);
            c11 = Vector128.Load(tile + 12);
            c20 = Vector128.Load(tile + 16);
            c21 = Vector128.Load(tile + 20);
            c30 = Vector128.Load(tile + 24);
            c31 = Vector128.Load(tile + 28);
            c40 = Vector128.Load(tile + 32);
            c41 = Vector128.Load(tile + 36);
            c50 = Vector128.Load(tile + 40);
            c51 = Vector128.Load(tile + 44);
        }

        // row pointers three apart: with one and two strides as index they reach every row in one addressing mode
        var aRow2 = 2 * aRow;
        var a3 = a + (3 * aRow);
        for (var end = b + (depth * Columns); b != end; b += Columns)
        {
            V b0 = Vector128.Load(b), b1 = Vector128.Load(b + 4);
            var x = Vector128.Create(*a);
            c00 = Vector128.MultiplyAddEstimate(x, b0, c00);
            c01 = Vector128.MultiplyAddEstimate(x, b1, c01);
            x = Vector128.Create(a[aRow]);
            c10 = Vector128.MultiplyAddEstimate(x, b0, c10);
            c11 = Vector128.MultiplyAddEstimate(x, b1, c11);
            x = Vector128.Create(a[aRow2]);
            c20 = Vector128.MultiplyAddEstimate(x, b0, c20);
            c21 = Vector128.MultiplyAddEstimate(x, b1, c21);
            x = Vector128.Create(*a3);
            c30 = Vector128.MultiplyAddEstimate(x, b0, c30);
            c31 = Vector128.MultiplyAddEstimate(x, b1, c31);
            x = Vector128.Create(a3[aRow]);
            c40 = Vector128.MultiplyAddEstimate(x, b0, c40);
            c41 = Vector128.MultiplyAddEstimate(x, b1, c41);
            x = Vector128.Create(a3[aRow2]);
            c50 = Vector128.MultiplyAddEstimate(x, b0, c50);
            c51 = Vector128.MultiplyAddEstimate(x, b1, c51);
            a += aStep;
            a3 += aStep;
        }

        c00.Store(tile + 0);
        c01.Store(tile + 4);
        c10.Store(tile + 8);
        c11.Store(tile + 12);
        c20.Store(tile + 16);
        c21.Store(tile + 20);
        c30.Store(tile + 24);
        c31.Store(tile + 28);
        c40.Store(tile + 32);
        c41.Store(tile + 36);
        c50.Store(tile + 40);
        c51.Store(tile + 44);
    }
}
