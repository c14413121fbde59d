using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// The matrix B of a <see cref="ConvGeometry"/> in panels: for each phase, block of groups and panel of columns, [depth, panel columns],
/// zero in columns beyond the last. B[(a, b, source channel), destination channel] is the weight of that tap, zero between different
/// groups.
/// </summary>
internal unsafe struct ConvPacker(in ConvGeometry geometry, in ConvParameters w, int tileColumns, float* weights) : ICpuJob, IWeightPacker
{
    private readonly ConvGeometry geometry = geometry;
    private readonly ConvParameters w = w;
    private readonly int tileColumns = tileColumns;
    private readonly float* weights = weights;
    private float* packed;

    /// <summary>Elements of all panels.</summary>
    public static long PackedLength(in ConvGeometry geometry, int tileColumns)
    {
        long length = 0;
        for (var phase = 0; phase < geometry.Phases; phase++)
        {
            length += PhaseLength(geometry, geometry.Phase(phase), tileColumns);
        }

        return length;
    }

    /// <summary>Elements of one phase; its blocks lie <see cref="BlockLength"/> apart.</summary>
    public static long PhaseLength(in ConvGeometry geometry, in ConvPhase phase, int tileColumns) =>
        geometry.Blocks.Count * BlockLength(geometry, phase, tileColumns);

    /// <summary>Elements of one block of groups (the last may use less).</summary>
    public static long BlockLength(in ConvGeometry geometry, in ConvPhase phase, int tileColumns)
    {
        var depth = phase.Taps * geometry.Blocks.SourceOf(0);
        return (long)depth * ConvGeometry.CeilDiv(geometry.Blocks.Columns, tileColumns) * tileColumns;
    }

    public void Pack(WorkerPool pool, float* destination)
    {
        packed = destination;
        var panels = ConvGeometry.CeilDiv(geometry.Blocks.Columns, tileColumns);
        pool.Run(geometry.Phases * geometry.Blocks.Count * panels, ref this);
    }

    public readonly void Execute(int task, int worker)
    {
        var panels = ConvGeometry.CeilDiv(geometry.Blocks.Columns, tileColumns);
        var (phaseIndex, rest) = Math.DivRem(task, geometry.Blocks.Count * panels);
        var (block, panel) = Math.DivRem(rest, panels);
        var destination = packed;
        for (var i = 0; i < phaseIndex; i++)
        {
            destination += PhaseLength(geometry, geometry.Phase(i), tileColumns);
        }

        var phase = geometry.Phase(phaseIndex);
        destination += block * BlockLength(geometry, phase, tileColumns);
        var depth = phase.Taps * geometry.Blocks.SourceOf(block);
        destination += (long)panel * depth * tileColumns;
        var firstColumn = panel * tileColumns;
        var columns = Math.Min(tileColumns, geometry.Blocks.DestinationOf(block) - firstColumn);
        if (columns < tileColumns || geometry.Blocks.PerBlock > 1)
        {
            new Span<float>(destination, depth * tileColumns).Clear();
        }

        if (geometry.Backward)
        {
            PackBackward(phase, block, firstColumn, columns, destination);
        }
        else
        {
            PackForward(phase, block, firstColumn, columns, destination);
        }
    }

    /// <summary>A column is a filter [R, S, Cin/groups]: contiguous where its block is one group, else one run for each tap.</summary>
    private readonly void PackForward(in ConvPhase phase, int block, int firstColumn, int columns, float* destination)
    {
        var blocks = geometry.Blocks;
        var perGroup = blocks.SourcePerGroup;
        var whole = blocks.PerBlock == 1;
        var (runs, length) = whole ? (1, phase.Taps * perGroup) : (phase.Taps, perGroup);
        var firstFilter = (blocks.FirstGroup(block) * blocks.DestinationPerGroup) + firstColumn;
        var filterLength = phase.Taps * perGroup;

        // 16 elements of each filter at a time: a cache line read, and the lines written stay in L1 until all columns have passed
        const int Stripe = 16;
        for (var run = 0; run < runs; run++)
        {
            for (var k0 = 0; k0 < length; k0 += Stripe)
            {
                var count = Math.Min(Stripe, length - k0);
                for (var c = 0; c < columns; c++)
                {
                    var group = (firstColumn + c) / blocks.DestinationPerGroup;
                    var source = weights + ((long)(firstFilter + c) * filterLength) + (run * perGroup) + k0;
                    var row = (run * blocks.SourceOf(block)) + (group * perGroup) + k0;
                    var to = destination + ((long)(whole ? k0 : row) * tileColumns) + c;
                    for (var k = 0; k < count; k++, to += tileColumns)
                    {
                        *to = source[k];
                    }
                }
            }
        }
    }

    /// <summary>A row is (tap, output channel); its columns are the filter's input channels at that tap: contiguous.</summary>
    private readonly void PackBackward(in ConvPhase phase, int block, int firstColumn, int columns, float* destination)
    {
        var blocks = geometry.Blocks;
        var (filtersPerGroup, perGroup) = (blocks.SourcePerGroup, blocks.DestinationPerGroup);
        var filters = blocks.SourceOf(block);
        var firstFilter = blocks.FirstGroup(block) * filtersPerGroup;
        for (var a = 0; a < phase.TapsY; a++)
        {
            for (var b = 0; b < phase.TapsX; b++)
            {
                var tap = ((phase.WeightY - (a * w.Stride)) * w.Kernel) + phase.WeightX - (b * w.Stride);
                for (var o = 0; o < filters; o++, destination += tileColumns)
                {
                    var groupColumn = o / filtersPerGroup * perGroup;
                    var from = Math.Max(groupColumn, firstColumn);
                    var to = Math.Min(groupColumn + perGroup, firstColumn + columns);
                    if (from < to)
                    {
                        var filter = weights + ((((long)(firstFilter + o) * w.Kernel * w.Kernel) + tap) * perGroup);
                        var source = new ReadOnlySpan<float>(filter + from - groupColumn, to - from);
                        source.CopyTo(new Span<float>(destination + from - firstColumn, to - from));
                    }
                }
            }
        }
    }
}
