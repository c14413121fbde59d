using Fovea.Cpu;
using Fovea.Ops;
using Fovea.Tensors;

namespace Fovea.Tests.Support;

/// <summary>
/// The CPU backend with memory to try operators in. Everything starts as NaN, so that reading what nobody wrote shows, and maps have gaps
/// between them whose NaN must survive (<see cref="CheckGaps"/>), so that writing past an end shows.
/// </summary>
internal sealed unsafe class CpuRig : IDisposable
{
    private const int Gap = 32;
    private readonly WorkerPool pool;
    private readonly ModelMemory model;
    private readonly List<(long Begin, long End)> taken = [];
    private long next = Gap;
    private int nextParameter;
    private int nextStatistic;

    public CpuRig(int workers = 1, long arena = 1 << 20, int trainable = 0, int frozen = 0, int statistics = 0, int folded = 0)
    {
        pool = new WorkerPool(workers);
        model = new ModelMemory(TestModel.Describe(trainable, frozen, statistics, folded));
        Context = new CpuContext(model, pool, arena);
        Context.Arena.Span.Fill(float.NaN);
        model.Parameters.Span.Fill(float.NaN);
        model.Gradients.Span.Fill(float.NaN);
        model.Statistics.Span.Fill(float.NaN);
        Backend = new CpuBackend(Context);
    }

    public CpuContext Context { get; }

    public CpuBackend Backend { get; }

    public ModelMemory Model => model;

    /// <summary>Room in the arena.</summary>
    public long Allocate(long length)
    {
        var offset = next;
        taken.Add((offset, offset + length));
        next += ((length + Gap - 1) / Gap * Gap) + Gap;
        return next <= Context.Arena.Length
            ? offset
            : throw new InvalidOperationException(
                $"CpuRig: the arena has {Context.Arena.Length} elements, {next} are needed; pass a greater 'arena'.");
    }

    /// <summary>A map without values.</summary>
    public FeatureMap Map(int n, int h, int w, int c) => new(Allocate((long)n * h * w * c), n, h, w, c);

    /// <summary>A map with values in NHWC order.</summary>
    public FeatureMap Map(int n, int h, int w, int c, ReadOnlySpan<float> values)
    {
        var map = Map(n, h, w, c);
        Write(map, values);
        return map;
    }

    public NormStatisticsMap Statistics(int count) => new(Allocate(2L * count), count);

    public void Write(FeatureMap map, ReadOnlySpan<float> values) => values.CopyTo(Values(map));

    /// <summary>The map's memory.</summary>
    public Span<float> Values(FeatureMap map) => new(Context.Pointer(map), checked((int)map.Length));

    public float[] Read(FeatureMap map) => Values(map).ToArray();

    public float[] Read(long offset, int length) => new ReadOnlySpan<float>(Context.At(offset), length).ToArray();

    /// <summary>Appends values to the parameter buffer; gradients have the same offset.</summary>
    public int Parameter(ReadOnlySpan<float> values)
    {
        var offset = nextParameter;
        values.CopyTo(model.Parameters.Span[offset..]);
        nextParameter += values.Length;
        return offset;
    }

    /// <summary>Appends values to the statistics buffer.</summary>
    public int Statistic(ReadOnlySpan<float> values)
    {
        var offset = nextStatistic;
        values.CopyTo(model.Statistics.Span[offset..]);
        nextStatistic += values.Length;
        return offset;
    }

    /// <summary>Fails where an operator has written between maps.</summary>
    public void CheckGaps(string what)
    {
        var arena = Context.Arena.Span;
        var begin = 0;
        foreach (var (start, end) in taken.Append((next, 0)))
        {
            for (var i = begin; i < start; i++)
            {
                if (!float.IsNaN(arena[i]))
                {
                    Assert.Fail($"{what}: wrote element {i} of the arena, which belongs to no operand.");
                }
            }

            begin = (int)end;
        }
    }

    public void Dispose()
    {
        Context.Dispose();
        model.Dispose();
        pool.Dispose();
    }
}
