namespace Fovea.App.Suggestion;

/// <summary>A network that can be declared: basic residual blocks, two a stage, of a chosen width; and what it costs.</summary>
/// <param name="Width">Of the canvas, in pixels.</param>
/// <param name="Height">Of the canvas, in pixels.</param>
/// <param name="MinLevel">First pyramid level.</param>
/// <param name="MaxLevel">Last pyramid level.</param>
/// <param name="BaseWidth">Channels of the stem.</param>
/// <param name="Channels">Of the pyramid and the heads.</param>
/// <param name="Depth">Convolutions of a head before its last.</param>
/// <param name="Blocks">In each stage.</param>
internal sealed record NetworkCandidate(
    int Width, int Height, int MinLevel, int MaxLevel, int BaseWidth, int Channels, int Depth, int Blocks = 2)
{
    /// <summary>Anchors at a cell: three scales of three ratios.</summary>
    public int Anchors { get; init; } = 9;

    /// <summary>K.</summary>
    public int Classes { get; init; } = 1;

    /// <summary>Whether its backbone is <see cref="Backbone.ResNet18MicrosoftML"/>, which has a third block in the last stage.</summary>
    public bool IsPretrained { get; init; }

    /// <summary>Multiply-accumulates for one image; training takes three times as many. As the compiler counts them.</summary>
    public long Macs => Walk().Sum(c => c.Outputs * c.Taps);

    /// <summary>Values that convolutions write for one image, which training keeps until backward has used them.</summary>
    public long Activations => Walk().Sum(c => c.Outputs);

    /// <summary>Weights of the convolutions.</summary>
    public long Weights => Walk().DistinctBy(c => c.Name).Sum(c => c.Weights);

    /// <summary>Every convolution: how many values it writes, from how many products each. Heads are walked once for each level.</summary>
    private IEnumerable<(string Name, long Outputs, long Taps, long Weights)> Walk()
    {
        yield return Conv("stem", 1, 7, 3, BaseWidth);
        for (var stage = 0; stage < 4; stage++)
        {
            var channels = BaseWidth << stage;
            for (var block = 0; block < (IsPretrained && stage == 3 ? 3 : Blocks); block++)
            {
                var before = block > 0 || stage == 0 ? channels : channels / 2;
                yield return Conv($"layer{stage + 1}.{block}.1", stage + 2, 3, before, channels);
                yield return Conv($"layer{stage + 1}.{block}.2", stage + 2, 3, channels, channels);
                if (before != channels)
                {
                    yield return Conv($"layer{stage + 1}.{block}.0", stage + 2, 1, before, channels);
                }
            }
        }

        for (var level = MinLevel; level <= MaxLevel; level++)
        {
            if (level <= 5)
            {
                yield return Conv($"lateral{level}", level, 1, BaseWidth << (level - 2), Channels);
            }

            yield return Conv($"output{level}", level, 3, Channels, Channels);
        }

        for (var level = MinLevel; level <= MaxLevel; level++)
        {
            for (var layer = 0; layer < Depth; layer++)
            {
                yield return Conv($"classes{layer}", level, 3, Channels, Channels);
                yield return Conv($"boxes{layer}", level, 3, Channels, Channels);
            }

            yield return Conv("logits", level, 3, Channels, Anchors * Classes);
            yield return Conv("deltas", level, 3, Channels, Anchors * 4);
        }
    }

    private (string Name, long Outputs, long Taps, long Weights) Conv(string name, int level, int size, int from, int to)
    {
        var taps = (long)size * size * from;
        return (name, (long)Cells(Width, level) * Cells(Height, level) * to, taps, taps * to);
    }

    private static int Cells(int size, int level)
    {
        for (var i = 0; i < level; i++)
        {
            size = (size + 1) / 2;
        }

        return size;
    }
}
