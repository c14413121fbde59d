using System.Globalization;

namespace Fovea.App.Inspection;

/// <summary>What follows from an inspection, each with what to do.</summary>
internal static class InspectionAdvice
{
    private static readonly string[] Sides = ["left", "right", "links", "rechts", "gauche", "droite", "izquierda", "derecha", "lh", "rh"];

    /// <summary>One line each.</summary>
    /// <param name="model">As declared.</param>
    /// <param name="splits">The one that is trained on first.</param>
    /// <param name="duplicates">Pictures that are there twice.</param>
    /// <param name="augmentation">How pictures will be varied.</param>
    public static List<string> Of(
        ModelDescription model, IReadOnlyList<SplitInspection> splits, IReadOnlyList<DuplicatePair> duplicates, Augmentation augmentation)
    {
        var advice = new List<string>();
        if (splits is not [var train, ..])
        {
            return advice;
        }

        AddSmall(model, train, advice);
        AddAnchors(train, advice);
        AddBalance(train, advice);
        AddSplits(splits, duplicates, advice);
        AddFlips(train, augmentation, advice);
        if (model.PostProcessing.MaxDetections < splits.Max(s => s.MostObjects))
        {
            advice.Add(Text(
                $"a picture has {splits.Max(s => s.MostObjects)} objects, and at most {model.PostProcessing.MaxDetections} are found in one: raise [PostProcessing(MaxDetections = …)]."));
        }

        return advice;
    }

    /// <summary>That some pictures were not looked at, if there are such.</summary>
    public static IEnumerable<string> OfUnseen(int unseen, int pictures) => unseen == 0
        ? []
        : [Text($"{unseen} of {pictures} pictures were not looked at: they are no files, and headers alone were to be read. ")
            + "Leave --headers-only out to have them loaded."];

    /// <summary>Class names that a mirror exchanges.</summary>
    public static string[] Sided(IEnumerable<string> names) =>
        [.. names.Where(n => n.Split(' ', '_', '-').Any(w => Sides.Contains(w, StringComparer.OrdinalIgnoreCase)))];

    private static void AddSmall(ModelDescription model, SplitInspection train, List<string> advice)
    {
        var (small, stride) = (train.Classes.Sum(c => c.SmallerThanTwoStrides), 1 << model.MinLevel);
        if (small * 10 > train.Objects)
        {
            advice.Add(Text(
                $"{small} of {train.Objects} objects are narrower than two strides ({2 * stride} pixels) on the canvas. The network's finest map has a cell for each {stride}×{stride} pixels: what such objects consist of falls into one or two cells, and classes that differ in details only cannot be told apart. Declare a larger [InputSize], or [Pyramid(MinLevel = {model.MinLevel - 1})]."));
        }
    }

    private static void AddAnchors(SplitInspection train, List<string> advice)
    {
        foreach (var c in train.Classes.Where(c => c.Objects > 0 && c.Covered < 0.9))
        {
            advice.Add(Text(
                $"of class '{c.Name}' anchors cover {c.Covered:P0} of the objects (median {c.MedianSize:0} pixels) by the foreground threshold, in the mean by {c.MeanIoU:0.00}: choose [Anchors(BaseSize, Scales, Ratios)] nearer to their sizes."));
        }
    }

    private static void AddBalance(SplitInspection train, List<string> advice)
    {
        var present = train.Classes.Where(c => c.Objects > 0).ToArray();
        if (present.Length > 1 && present.Max(c => c.Images) > 10 * present.Min(c => c.Images))
        {
            var rare = present.MinBy(c => c.Images)!;
            advice.Add(Text($"class '{rare.Name}' is in {rare.Images} of {train.Images} pictures: Sampling.RepeatFactor (--sampling RepeatFactor) shows rare classes more often."));
        }

        foreach (var c in train.Classes.Where(c => c.Objects == 0))
        {
            advice.Add($"class '{c.Name}' has no objects to learn from.");
        }
    }

    private static void AddSplits(IReadOnlyList<SplitInspection> splits, IReadOnlyList<DuplicatePair> duplicates, List<string> advice)
    {
        var across = duplicates.Count(d => !d.SameSplit);
        if (across > 0)
        {
            advice.Add(Text($"{across} pictures of one split are in another as well: what is measured there was learned by heart. Move each pair into one split."));
        }

        if (splits.Count == 1)
        {
            advice.Add(
                "there is no second split: what is measured on training pictures says nothing about others. Keep some apart as val.");
        }
    }

    /// <summary>Names that a mirror exchanges.</summary>
    private static void AddFlips(SplitInspection train, Augmentation augmentation, List<string> advice)
    {
        var sided = Sided(train.Classes.Select(c => c.Name));
        if (sided.Length > 0 && augmentation.HorizontalFlip > 0)
        {
            advice.Add($"classes {string.Join(", ", sided.Take(6).Select(n => $"'{n}'"))} have a side: HorizontalFlip shows each as the other with a wrong name. Set it to 0 (--no-flip).");
        }

        var characters = train.Classes.Select(c => c.Name).Where(n => n.Length == 1 && char.IsLetterOrDigit(n[0])).ToArray();
        if (characters.Length > 1 && augmentation.HorizontalFlip > 0)
        {
            advice.Add("classes are single letters or digits, which a mirror makes into others (b and d, 2 and 5): set HorizontalFlip to 0 (--no-flip).");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
