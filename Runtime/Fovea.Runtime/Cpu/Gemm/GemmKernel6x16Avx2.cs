using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V = System.Runtime.Intrinsics.Vector256<float>;

namespace Fovea.Cpu.Gemm;

/// <summary>
/// 6 rows by 16 columns: 12 of the 16 registers accumulate, two hold the row of b, one the element of a.
/// </summary>
internal static unsafe class GemmKernel6x16Avx2
{
    public const int Rows = 6;
    public const int Columns = 16;

    /// <summary>
    /// tile[6, 16] = (tile +) Σₖ a[row, k] · b[k, column], where a[row, k] lies at <c>a + row·aRow + k·aStep</c>, b is a packed panel [k,
    /// 16] and tile is dense.
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
            c00 = Vector256.Load(tile + 0);
            c01 = Vector256.Load(tile + 8);
            c10 = Vector256.Load(tile + 16);
            c11 = Vector256.Load(tile + 24);
            c20 = Vector256.Load(tile + 32);
            c21 = Vector256.Load(tile + 40);
            c30 = Vector256.Load(tile + 48);
            c31 = Vector256.Load(tile + 56);
            c40 = Vector256.Load(tile + 64);
            c41 = Vector256.Load(tile + 72);
            c50 = Vector256.Load(tile + 80);
            c51 = Vector256.Load(tile + 88);
        }

        // row pointers three apart: with one and two strides as index they reach every row in one addressing mode
        var aRow2 = 2 * aRow;
        var a3 = a + (3 * aRow);
        for (var end = b + (depth * Columns); b != end; b += Columns)
        {
            V b0 = Vector256.Load(b), b1 = Vector256.Load(b + 8);
            var x = Vector256.Create(*a);
            c00 = Vector256.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector256.FusedMultiplyAdd(x, b1, c01);
            x = Vector256.Create(a[aRow]);
            c10 = Vector256.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector256.FusedMultiplyAdd(x, b1, c11);
            x = Vector256.Create(a[aRow2]);
            c20 = Vector256.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector256.FusedMultiplyAdd(x, b1, c21);
            x = Vector256.Create(*a3);
            c30 = Vector256.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector256.FusedMultiplyAdd(x, b1, c31);
            x = Vector256.Create(a3[aRow]);
            c40 = Vector256.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector256.FusedMultiplyAdd(x, b1, c41);
            x = Vector256.Create(a3[aRow2]);
            c50 = Vector256.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector256.FusedMultiplyAdd(x, b1, c51);
            a += aStep;
            a3 += aStep;
        }

        c00.Store(tile + 0);
        c01.Store(tile + 8);
        c10.Store(tile + 16);
        c11.Store(tile + 24);
        c20.Store(tile + 32);
        c21.Store(tile + 40);
        c30.Store(tile + 48);
        c31.Store(tile + 56);
        c40.Store(tile + 64);
        c41.Store(tile + 72);
        c50.Store(tile + 80);
        c51.Store(tile + 88);
    }
}
