using System.Runtime.Intrinsics.X86;
using System.Runtime.Intrinsics;
using Fovea.Cpu.Gemm;
using Fovea.Cpu.Kernels;
using Fovea.Ops.Conv;
using Fovea.Ops.FoldNorm;

namespace Fovea.Cpu;

/// <summary>The kernels of one instruction set. The only place that knows which there are; one table is chosen at start.</summary>
internal sealed unsafe class CpuKernelTable
{
    private CpuKernelTable(string name, int rows, int columns)
    {
        Name = name;
        TileRows = rows;
        TileColumns = columns;
    }

    /// <summary>512 bits, 32 registers.</summary>
    public static CpuKernelTable Avx512 { get; } = Create<Lanes512>(
        "AVX-512", GemmKernel12x32Avx512.Rows, GemmKernel12x32Avx512.Columns, &GemmKernel12x32Avx512.Multiply);

    /// <summary>256 bits with fused multiply-add.</summary>
    public static CpuKernelTable Avx2 { get; } = Create<Lanes256>(
        "AVX2", GemmKernel6x16Avx2.Rows, GemmKernel6x16Avx2.Columns, &GemmKernel6x16Avx2.Multiply);

    /// <summary>128 bits: SSE2, NEON, WebAssembly.</summary>
    public static CpuKernelTable Portable { get; } = Create<Lanes128>(
        "Vector128", GemmKernel6x8Portable.Rows, GemmKernel6x8Portable.Columns, &GemmKernel6x8Portable.Multiply);

    /// <summary>The widest that this machine has.</summary>
    public static CpuKernelTable Best { get; } =
        Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? Avx512
        : Vector256.IsHardwareAccelerated && Fma.IsSupported ? Avx2
        : Portable;

    /// <summary>The tables that run at full speed on this machine, widest first.</summary>
    public static IReadOnlyList<CpuKernelTable> Available { get; } =
        ReferenceEquals(Best, Avx512) ? [Avx512, Avx2, Portable] : ReferenceEquals(Best, Avx2) ? [Avx2, Portable] : [Portable];

    /// <summary>The instruction set in words.</summary>
    public string Name { get; }

    /// <summary>Rows of the matrix kernel's tile.</summary>
    public int TileRows { get; }

    /// <summary>Columns of the matrix kernel's tile and of a packed panel.</summary>
    public int TileColumns { get; }

    /// <inheritdoc cref="GemmKernel12x32Avx512.Multiply"/>
    public delegate*<long, float*, long, long, float*, float*, bool, void> Multiply { get; private init; }

    /// <inheritdoc cref="TileStore{TLanes}.Store"/>
    public delegate*<float*, int, int, int, TileTarget*, int, int, void> StoreTile { get; private init; }

    /// <inheritdoc cref="RowGather{TLanes}.Gather"/>
    public delegate*<RowSource*, long, int, int, int, RowLayout, void> Gather { get; private init; }

    /// <inheritdoc cref="ColumnSums{TLanes}.Add"/>
    public delegate*<float*, long, int, int, float*, bool, void> AddColumns { get; private init; }

    /// <inheritdoc cref="BatchNormFold{TLanes}.Scale"/>
    public delegate*<float*, float*, int, float, void> Scale { get; private init; }

    /// <inheritdoc cref="BatchNormFold{TLanes}.ScaleAndDot"/>
    public delegate*<float*, float*, int, float, double> ScaleAndDot { get; private init; }

    /// <inheritdoc cref="WinogradTransform{TLanes}.Input"/>
    public delegate*<float**, int, float*, long, int, long, void> WinogradInput { get; private init; }

    /// <inheritdoc cref="WinogradTransform{TLanes}.Output"/>
    public delegate*<float*, long, int, float*, void> WinogradOutput { get; private init; }

    /// <inheritdoc cref="WinogradTransform{TLanes}.OutputAdjoint"/>
    public delegate*<float**, int, float*, long, void> WinogradOutputAdjoint { get; private init; }

    /// <inheritdoc cref="WinogradTransform{TLanes}.Filter"/>
    public delegate*<float*, int, int, float*, long, void> WinogradFilter { get; private init; }

    /// <inheritdoc cref="WinogradTransform{TLanes}.FilterAdjoint"/>
    public delegate*<float*, long, int, float*, void> WinogradFilterAdjoint { get; private init; }

    private static CpuKernelTable Create<TLanes>(
        string name, int rows, int columns, delegate*<long, float*, long, long, float*, float*, bool, void> multiply)
        where TLanes : struct, ILanes<TLanes> => new(name, rows, columns)
        {
            Multiply = multiply,
            StoreTile = &TileStore<TLanes>.Store,
            Gather = &RowGather<TLanes>.Gather,
            AddColumns = &ColumnSums<TLanes>.Add,
            Scale = &BatchNormFold<TLanes>.Scale,
            ScaleAndDot = &BatchNormFold<TLanes>.ScaleAndDot,
            WinogradInput = &WinogradTransform<TLanes>.Input,
            WinogradOutput = &WinogradTransform<TLanes>.Output,
            WinogradOutputAdjoint = &WinogradTransform<TLanes>.OutputAdjoint,
            WinogradFilter = &WinogradTransform<TLanes>.Filter,
            WinogradFilterAdjoint = &WinogradTransform<TLanes>.FilterAdjoint,
        };
}
