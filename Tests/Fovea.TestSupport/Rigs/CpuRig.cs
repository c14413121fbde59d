using Fovea.CompilerServices;

namespace Fovea.TestSupport;

/// <summary>
/// The CPU backend with memory to try operators in. Everything starts as NaN, so that reading what nobody wrote shows, and maps have gaps
/// between them whose NaN must survive (<see cref="CheckGaps"/>), so that writing past an end shows.
/// </summary>
internal class CpuRig : BareCpu
{
    private readonly Places places;
    private int nextParameter;
    private int nextStatistic;

    public CpuRig(int workers = 1, long arena = 1 << 20, int trainable = 0, int frozen = 0, int statistics = 0, int folded = 0)
        : base(workers, arena, TestModel.Describe(trainable, frozen, statistics, folded))
    {
        places = new Places(0, arena);
        Arena.Fill(float.NaN);
        Model.Parameters.Span.Fill(float.NaN);
        Model.Gradients.Span.Fill(float.NaN);
        Model.Statistics.Span.Fill(float.NaN);
    }

    /// <summary>Room in the arena.</summary>
    public long Allocate(long length) => places.Take(length);

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

    public float[] Read(FeatureMap map) => Values(map).ToArray();

    public float[] Read(long offset, int length) => Arena.Slice((int)offset, length).ToArray();

    /// <summary>Appends values to the parameter buffer; gradients have the same offset.</summary>
    public int Parameter(ReadOnlySpan<float> values) => Append(values, Model.Parameters.Span, ref nextParameter);

    /// <summary>Appends values to the statistics buffer.</summary>
    public int Statistic(ReadOnlySpan<float> values) => Append(values, Model.Statistics.Span, ref nextStatistic);

    /// <summary>Fails where an operator has written between maps.</summary>
    public void CheckGaps(string what)
    {
        foreach (var (begin, end) in places.Gaps)
        {
            for (var i = begin; i < end; i++)
            {
                if (!float.IsNaN(Arena[(int)i]))
                {
                    throw new CheckFailedException($"{what}: wrote element {i} of the arena, which belongs to no operand.");
                }
            }
        }
    }

    private static int Append(ReadOnlySpan<float> values, Span<float> buffer, ref int next)
    {
        var offset = next;
        values.CopyTo(buffer[offset..]);
        next += values.Length;
        return offset;
    }
}
