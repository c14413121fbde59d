using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V = System.Runtime.Intrinsics.Vector512<float>;

namespace Fovea.Cpu.Gemm;

/// <summary>
/// 12 rows by 32 columns: 24 of the 32 registers accumulate, two hold the row of b, so 24 products follow 14 loads.
/// </summary>
internal static unsafe class GemmKernel12x32Avx512
{
    public const int Rows = 12;
    public const int Columns = 32;

    /// <summary>
    /// tile[12, 32] = (tile +) Σₖ a[row, k] · b[k, column], where a[row, k] lies at <c>a + row·aRow + k·aStep</c>, b is a packed panel [k,
    /// 32] and tile is dense.
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
        V c60 = V.Zero, c61 = V.Zero;
        V c70 = V.Zero, c71 = V.Zero;
        V c80 = V.Zero, c81 = V.Zero;
        V c90 = V.Zero, c91 = V.Zero;
        V ca0 = V.Zero, ca1 = V.Zero;
        V cb0 = V.Zero, cb1 = V.Zero;
        if (accumulate)
        {
            c00 = Vector512.Load(tile + 0);
            c01 = Vector512.Load(tile + 16);
            c10 = Vector512.Load(tile + 32);
            c11 = Vector512.Load(tile + 48);
            c20 = Vector512.Load(tile + 64);
            c21 = Vector512.Load(tile + 80);
            c30 = Vector512.Load(tile + 96);
            c31 = Vector512.Load(tile + 112);
            c40 = Vector512.Load(tile + 128);
            c41 = Vector512.Load(tile + 144);
            c50 = Vector512.Load(tile + 160);
            c51 = Vector512.Load(tile + 176);
            c60 = Vector512.Load(tile + 192);
            c61 = Vector512.Load(tile + 208);
            c70 = Vector512.Load(tile + 224);
            c71 = Vector512.Load(tile + 240);
            c80 = Vector512.Load(tile + 256);
            c81 = Vector512.Load(tile + 272);
            c90 = Vector512.Load(tile + 288);
            c91 = Vector512.Load(tile + 304);
            ca0 = Vector512.Load(tile + 320);
            ca1 = Vector512.Load(tile + 336);
            cb0 = Vector512.Load(tile + 352);
            cb1 = Vector512.Load(tile + 368);
        }

        // row pointers three apart: with one and two strides as index they reach every row in one addressing mode
        var aRow2 = 2 * aRow;
        var a3 = a + (3 * aRow);
        var a6 = a + (6 * aRow);
        var a9 = a + (9 * aRow);
        for (var end = b + (depth * Columns); b != end; b += Columns)
        {
            V b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            var x = Vector512.Create(*a);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a[aRow]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a[aRow2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(*a3);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            x = Vector512.Create(a3[aRow]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
            x = Vector512.Create(a3[aRow2]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
            x = Vector512.Create(*a6);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
            x = Vector512.Create(a6[aRow]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
            x = Vector512.Create(a6[aRow2]);
            c80 = Vector512.FusedMultiplyAdd(x, b0, c80);
            c81 = Vector512.FusedMultiplyAdd(x, b1, c81);
            x = Vector512.Create(*a9);
            c90 = Vector512.FusedMultiplyAdd(x, b0, c90);
            c91 = Vector512.FusedMultiplyAdd(x, b1, c91);
            x = Vector512.Create(a9[aRow]);
            ca0 = Vector512.FusedMultiplyAdd(x, b0, ca0);
            ca1 = Vector512.FusedMultiplyAdd(x, b1, ca1);
            x = Vector512.Create(a9[aRow2]);
            cb0 = Vector512.FusedMultiplyAdd(x, b0, cb0);
            cb1 = Vector512.FusedMultiplyAdd(x, b1, cb1);
            a += aStep;
            a3 += aStep;
            a6 += aStep;
            a9 += aStep;
        }

        c00.Store(tile + 0);
        c01.Store(tile + 16);
        c10.Store(tile + 32);
        c11.Store(tile + 48);
        c20.Store(tile + 64);
        c21.Store(tile + 80);
        c30.Store(tile + 96);
        c31.Store(tile + 112);
        c40.Store(tile + 128);
        c41.Store(tile + 144);
        c50.Store(tile + 160);
        c51.Store(tile + 176);
        c60.Store(tile + 192);
        c61.Store(tile + 208);
        c70.Store(tile + 224);
        c71.Store(tile + 240);
        c80.Store(tile + 256);
        c81.Store(tile + 272);
        c90.Store(tile + 288);
        c91.Store(tile + 304);
        ca0.Store(tile + 320);
        ca1.Store(tile + 336);
        cb0.Store(tile + 352);
        cb1.Store(tile + 368);
    }
}
