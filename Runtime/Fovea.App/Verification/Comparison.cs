namespace Fovea.App.Verification;

/// <summary>Part by part, how far this program is from torchvision.</summary>
/// <remarks>Bounds: docs/export.md.</remarks>
internal sealed class Comparison
{
    /// <summary>Of the input, in the greatest of its values: a bilinear weight in float32 is uncertain by so much on large pictures.</summary>
    public const double InputBound = 5e-5;

    /// <summary>Of levels and heads, in the greatest of their values: sums of thousands of products in another order.</summary>
    public const double NetworkBound = 1e-4;

    /// <summary>Of scores, which lie between 0 and 1.</summary>
    public const double ScoreBound = 5e-4;

    /// <summary>Of boxes, in the picture's longer side.</summary>
    public const double BoxBound = 2e-4;

    private readonly OurRun ours;
    private readonly TorchResult theirs;
    private readonly ModelDescription model;

    /// <param name="detector">Whose.</param>
    /// <param name="picture">Of what.</param>
    /// <param name="rule">From logits to detections.</param>
    /// <param name="ours">What is computed here.</param>
    /// <param name="theirs">What torchvision computed.</param>
    public Comparison(Detector detector, VerifiedPicture picture, in PostProcessingRule rule, OurRun ours, TorchResult theirs)
    {
        (this.ours, this.theirs, model) = (ours, theirs, detector.Description);
        Detections = new DetectionPairs(ours.Detections, theirs.Detections, rule, Math.Max(picture.Image.Width, picture.Image.Height));
        Parts =
        [
            Input(picture.Placement),
            .. ours.Levels.Select(level => Map(level, NetworkBound)),
            Rows("logits", ours.Logits, rule.Classes, k => FormattableString.Invariant($"class {k}")),
            Rows("deltas", ours.Deltas, 4, k => ((string[])["dx", "dy", "dw", "dh"])[k]),
            Detections.Scores,
            Detections.Boxes,
        ];
    }

    public IReadOnlyList<VerifiedPart> Parts { get; }

    public DetectionPairs Detections { get; }

    public bool Agrees => Parts.All(p => p.Agrees) && Detections.Agrees;

    /// <summary>A picture of another size has other pixels: why is worth more than how far they differ.</summary>
    private VerifiedPart Input(in ImagePlacement placement)
    {
        var resized = FormattableString.Invariant($"{placement.Height}x{placement.Width}");
        return theirs.Resized == resized
            ? Map("input", InputBound)
            : VerifiedPart.Unlike(
                "input", theirs.Find("input")?.Shape ?? [], InputBound,
                $"ours is resized to {resized}, torchvision's to {theirs.Resized}: the declared rule is {model.Resize?.Rule}; up to torchvision 0.14 it is "
                + $"{ResizeRule.TorchVision014}, later {ResizeRule.TorchVision}");
    }

    /// <summary>Ours lies as [H, W, C], theirs as [1, C, H, W].</summary>
    private VerifiedPart Map(string name, double bound)
    {
        var (shape, values) = ours.Map(name);
        int[] expected = [1, shape.Channels, shape.Height, shape.Width];
        if (theirs.Find(name) is not { } other || !other.Shape.SequenceEqual(expected))
        {
            return Unlike(name, expected, bound);
        }

        var cells = shape.Height * shape.Width;
        return Compare(
            name, other.Shape, other.Values, i => values[(i % cells * shape.Channels) + (i / cells)], bound,
            i => FormattableString.Invariant($"channel {i / cells}, y {i % cells / shape.Width}, x {i % shape.Width}"));
    }

    /// <summary>Both lie anchor after anchor, level after level.</summary>
    private VerifiedPart Rows(string name, float[] values, int last, Func<int, string> column)
    {
        int[] expected = [1, values.Length / last, last];
        return theirs.Find(name) is { } other && other.Shape.SequenceEqual(expected)
            ? Compare(name, other.Shape, other.Values, i => values[i], NetworkBound, i => $"{Anchor(i / last)}, {column(i % last)}")
            : Unlike(name, expected, NetworkBound);
    }

    private string Anchor(int index)
    {
        foreach (var level in ours.Levels)
        {
            var shape = ours.Map(level).Shape;
            var count = shape.Height * shape.Width * model.AnchorsPerCell;
            if (index < count)
            {
                var (cell, anchor) = Math.DivRem(index, model.AnchorsPerCell);
                return FormattableString.Invariant($"{level}, y {cell / shape.Width}, x {cell % shape.Width}, anchor {anchor}");
            }

            index -= count;
        }

        return FormattableString.Invariant($"anchor {index}");
    }

    private VerifiedPart Unlike(string name, int[] expected, double bound)
    {
        var found = theirs.Find(name)?.Shape;
        var why = found is null
            ? "torchvision's run has none"
            : $"ours is {string.Join('×', expected)}, torchvision's {string.Join('×', found)}";
        return VerifiedPart.Unlike(name, found ?? [], bound, why);
    }

    private static VerifiedPart Compare(
        string name, int[] shape, float[] expected, Func<int, float> found, double bound, Func<int, string> place)
    {
        var (greatest, difference, at) = (0.0, 0.0, 0);
        for (var i = 0; i < expected.Length; i++)
        {
            greatest = Math.Max(greatest, Math.Abs((double)expected[i]));
            var d = Math.Abs((double)expected[i] - found(i));
            if (!(d <= difference))
            {
                (difference, at) = (double.IsNaN(d) ? double.PositiveInfinity : d, i);
            }
        }

        return new VerifiedPart(name, shape, difference, greatest, bound, place(at));
    }
}
