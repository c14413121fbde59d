using System.Globalization;
using Fovea.CompilerServices;

namespace Fovea.TestSupport;

/// <summary>What one argument of a call adds to its record: text, and the ranges it stands for.</summary>
internal readonly record struct RecordedOperand(string Text, RecordedRange[] Reads, RecordedRange[] Writes)
{
    /// <summary>A remark such as a stride.</summary>
    public static RecordedOperand Note(FormattableString text) => new(text.ToString(CultureInfo.InvariantCulture), [], []);

    public static RecordedOperand In(string name, PyramidMap map) => new(Describe(name, map), Ranges(map), []);

    public static RecordedOperand Out(string name, PyramidMap map) => new(Describe(name, map), [], Ranges(map));

    /// <summary>Arena elements that are read, under a text of their own (or none).</summary>
    public static RecordedOperand Reading(string text, params RecordedRange[] ranges) => new(text, ranges, []);

    /// <summary>Arena elements that are written.</summary>
    public static RecordedOperand Writing(string text, params RecordedRange[] ranges) => new(text, [], ranges);

    public static RecordedRange Arena(long offset, long length) => new(RecordedBuffer.Arena, offset, length);

    public static RecordedOperand In(in ConvParameters w) => new(Describe("w", w), Ranges(w, BufferOf(w.Storage)), []);

    public static RecordedOperand Out(string name, in ConvParameters w) => new(Describe(name, w), [], Ranges(w, BufferOf(w.Storage)));

    /// <summary>γ and β.</summary>
    public static RecordedOperand In(in NormParameters p) => new(
        p.Groups > 0 ? $"γβ[{p.Channels}] g{p.Groups}" : $"γβ[{p.Channels}]",
        [new(RecordedBuffer.Parameters, p.Scale, p.Channels), new(RecordedBuffer.Parameters, p.Shift, p.Channels)],
        []);

    /// <summary>Running mean and variance.</summary>
    public static RecordedRange[] Running(in NormParameters p) => p.Mean < 0
        ? []
        : [new(RecordedBuffer.Statistics, p.Mean, p.Channels), new(RecordedBuffer.Statistics, p.Variance, p.Channels)];

    public static RecordedOperand In(NormStatisticsMap stats) => new(Describe(stats), [RangeOf(stats)], []);

    public static RecordedOperand Out(NormStatisticsMap stats) => new(Describe(stats), [], [RangeOf(stats)]);

    /// <summary>dW and db of a convolution.</summary>
    public static RecordedOperand Out(in ConvParameters w, in ConvGradients d)
    {
        var ranges = d.Bias < 0
            ? new[] { new RecordedRange(RecordedBuffer.Gradients, d.Weight, w.WeightLength) }
            : [new(RecordedBuffer.Gradients, d.Weight, w.WeightLength), new(RecordedBuffer.Gradients, d.Bias, w.OutChannels)];
        return Gradients(d.Bias < 0 ? "dw" : "dw,db", d.Accumulate, ranges);
    }

    /// <summary>dγ and dβ of a normalisation; an offset of −1 stands for a constant.</summary>
    public static RecordedOperand Out(int channels, in NormGradients d)
    {
        var ranges = new List<RecordedRange>(2);
        if (d.Scale >= 0)
        {
            ranges.Add(new(RecordedBuffer.Gradients, d.Scale, channels));
        }

        if (d.Shift >= 0)
        {
            ranges.Add(new(RecordedBuffer.Gradients, d.Shift, channels));
        }

        return Gradients("dγβ", d.Accumulate, [.. ranges]);
    }

    private static RecordedOperand Gradients(string name, bool accumulate, RecordedRange[] ranges) =>
        accumulate ? new($"{name}+=", ranges, ranges) : new(name, [], ranges);

    private static RecordedBuffer BufferOf(ParameterStorage storage) =>
        storage == ParameterStorage.Folded ? RecordedBuffer.Folded : RecordedBuffer.Parameters;

    private static RecordedRange RangeOf(NormStatisticsMap stats) => Arena(stats.Offset, 2L * stats.Count * stats.Levels);

    private static string Describe(NormStatisticsMap stats) => $"stats[{stats.Count}]{(stats.Levels > 1 ? $"×{stats.Levels}" : "")}";

    private static string Describe(string name, PyramidMap map) =>
        map.IsEmpty ? "" : $"{name}[{map.Images},{map.Height},{map.Width},{map.Channels}]{(map.Levels > 1 ? $"×{map.Levels}" : "")}";

    private static string Describe(string name, in ConvParameters w) =>
        $"{name}[{w.OutChannels},{w.Kernel},{w.Kernel},{w.InChannels / w.Groups}] s{w.Stride} p{w.Padding}"
        + (w.Groups > 1 ? $" g{w.Groups}" : "");

    private static RecordedRange[] Ranges(PyramidMap map) =>
        [.. Enumerable.Range(0, map.Levels).Select(level => Arena(map[level].Offset, map[level].Length))];

    private static RecordedRange[] Ranges(in ConvParameters w, RecordedBuffer buffer) => w.HasBias
        ? [new(buffer, w.Weight, w.WeightLength), new(buffer, w.Bias, w.OutChannels)]
        : [new(buffer, w.Weight, w.WeightLength)];
}
