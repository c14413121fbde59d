using System.Runtime.InteropServices;
using Fovea.Detection;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>Anchors, their matches, foreground counts and loss weights: all equal to the bit.</summary>
internal static class MatchingChecks
{
    /// <summary>What an unused place of the ground truth holds: a box that would match, were it read.</summary>
    private static readonly Box Unused = new(0, 0, 64, 64);

    private static readonly MatchingRule Overall = new(0.5f, 0.4f, true, false);

    public static IEnumerable<OperatorCheck> All =>
    [
        .. from rule in (MatchingRule[])
           [
               Overall, Overall with { SkipUncovered = true }, Overall with { AllowLowQuality = false },
               Overall with { ForegroundIoU = 0.7f, BackgroundIoU = 0.3f }, Overall with { ForegroundIoU = 0.3f, BackgroundIoU = 0.5f },
           ]
           from seed in (int[])[1, 2]
           select new OperatorCheck($"MatchAnchors {rule} seed {seed}", rig => Match(rig, rule, Levels(seed), Truths(seed), 12)),
        new("MatchAnchors equal IoUs", rig => Match(rig, Overall with { SkipUncovered = true }, Levels(3), EqualTruths(), 5)),
        new("MatchAnchors degenerate boxes", rig => Match(rig, Overall, DegenerateLevels(), DegenerateTruths(), 7)),
        new("MatchAnchors at the thresholds", rig => Match(
            rig, Overall with { AllowLowQuality = false }, [[new(0, 0, 10, 5), new(0, 0, 10, 4), new(0, 0, 10, 3.9f)]],
            [[new Box(0, 0, 10, 10)]], 1)),
        new("MatchAnchors full, one image", rig => Match(rig, Overall, Levels(4), [Truths(4)[2]], Truths(4)[2].Length)),
        .. from rule in (MatchingRule[])[Overall, Overall with { SkipUncovered = true }, Overall with { AllowLowQuality = false }]
           select new OperatorCheck($"MatchAnchors with regions {rule}", rig => Match(rig, rule, Levels(6), Truths(6), 12, Mixed)),
        new("MatchAnchors with nothing but regions", rig => Match(rig, Overall, Levels(7), Truths(7), 12, _ => Matcher.Region)),
        new("MatchAnchors running normaliser", RunningNormalizer),
        new("GenerateAnchors", GenerateAnchors),
    ];

    /// <summary>Every third truth is a region, and the first of each image.</summary>
    private static int Mixed(int place) => place % 3 == 0 ? Matcher.Region : place;

    private static void Match(
        CudaRig rig, MatchingRule rule, Box[][] levels, Box[][] truths, int capacity, Func<int, int>? classes = null) =>
        Verify(rig, rule, levels, truths, Upload(rig, levels, truths, capacity, classes), classes);

    private static (AnchorMap Anchors, GroundTruthMap Truth, MatchMap Matches) Upload(
        CudaRig rig, Box[][] levels, Box[][] truths, int capacity, Func<int, int>? classes = null)
    {
        var boxes = new List<Box>();
        foreach (var image in truths)
        {
            boxes.AddRange(image);
            boxes.AddRange(Enumerable.Repeat(Unused, capacity - image.Length));
        }

        var truth = new GroundTruthMap(
            truths.Length, capacity, rig.Record(Floats([.. boxes])),
            rig.Record(Enumerable.Range(0, boxes.Count).Select(i => classes?.Invoke(i % capacity) ?? 0).ToArray()),
            rig.Record(Array.ConvertAll(truths, t => t.Length)), rig.Record(new float[truths.Length]), rig.Record(new int[truths.Length]));
        Box[] all = [.. levels.SelectMany(l => l)];
        var anchors = new AnchorMap(rig.Record(Floats(all)), 1, levels[0].Length, 1, levels.Length);
        Check.Same("anchors", all.Length, anchors.Count);
        return (
            anchors, truth,
            new MatchMap(rig.Record(new int[truths.Length * all.Length]), truths.Length, 1, levels[0].Length, 1, levels.Length));
    }

    private static void Verify(
        CudaRig rig, MatchingRule rule, Box[][] levels, Box[][] truths, (AnchorMap Anchors, GroundTruthMap Truth, MatchMap Matches) on,
        Func<int, int>? classes = null)
    {
        // Twice: nothing of the first run may show in the second.
        rig.Backend.MatchAnchors(on.Anchors, on.Truth, rule with { Normalizer = LossNormalizer.ImageForeground }, on.Matches);
        rig.Backend.MatchAnchors(on.Anchors, on.Truth, rule, on.Matches);
        var foreground = new int[truths.Length];
        Box[] all = [.. levels.SelectMany(l => l)];
        for (var n = 0; n < truths.Length; n++)
        {
            var expected = classes is null ? Expected(truths[n], all, rule) : ExpectedWith(truths[n], classes, all, rule);
            foreground[n] = expected.Count(m => m >= 0);
            int[] actual = [.. Enumerable.Range(0, levels.Length).Select(l => on.Matches[l]).SelectMany(
                m => rig.ReadInts(m.Offset, m.Images * m.Anchors).AsSpan(n * m.Anchors, m.Anchors).ToArray())];
            Check.Same<int>($"matches of image {n}", expected, actual);
        }

        Check.Same<int>("foreground", foreground, rig.ReadInts(on.Truth.Foreground, truths.Length));
        if (rule.Normalizer == LossNormalizer.ImageForeground)
        {
            Check.Same<float>(
                "weights", Array.ConvertAll(foreground, f => LossWeighting.PerImage(truths.Length, f)),
                rig.ReadFloats(on.Truth.LossWeights, truths.Length));
        }
    }

    private static void RunningNormalizer(CudaRig rig)
    {
        var on = Upload(rig, Levels(5), Truths(5), 12);
        var state = rig.Statistic([0]);
        var rule = Overall with { Normalizer = LossNormalizer.RunningForeground, NormalizerState = state };
        var mean = 0f;
        for (var batch = 0; batch < 3; batch++)
        {
            Verify(rig, rule, Levels(5), Truths(5), on);
            mean = LossWeighting.Update(mean, rig.ReadInts(on.Truth.Foreground, 3).Sum());
            Check.Same("running mean", mean, rig.Read(rig.Model.Statistics, state, 1)[0]);
            Check.Same<float>(
                "weights", Enumerable.Repeat(LossWeighting.Running(mean), 3).ToArray(), rig.ReadFloats(on.Truth.LossWeights, 3));
        }
    }

    private static void GenerateAnchors(CudaRig rig)
    {
        AnchorLevel[] levels = [new([32, 40.3f, 50.8f], [0.5f, 1, 2]), new([64, 80.6f, 101.6f], [0.5f, 1, 2])];
        var map = new AnchorMap(rig.Record(4L * 9 * ((5 * 7) + (3 * 4))), 5, 7, 9, 2);
        rig.Backend.GenerateAnchors(levels, 83, 115, map);
        var expected = AnchorGenerator.Generate(levels, [(5, 7), (3, 4)], 83, 115);
        Check.Same<float>("anchors", Floats(expected), rig.ReadFloats(map.Offset, 4 * map.Count));
    }

    /// <summary>The definition over IoUs that are 0 where boxes have nothing in common, as both backends take them.</summary>
    private static int[] Expected(Box[] truths, Box[] anchors, MatchingRule rule)
    {
        var quality = new float[truths.Length * anchors.Length];
        for (var i = 0; i < quality.Length; i++)
        {
            var (truth, anchor) = (truths[i / anchors.Length], anchors[i % anchors.Length]);
            quality[i] = BoxMath.Intersection(truth, anchor) > 0 ? BoxMath.IoU(truth, anchor) : 0;
        }

        var matches = new int[anchors.Length];
        Matcher.Match(quality, truths.Length, rule, matches);
        return matches;
    }

    private static int[] ExpectedWith(Box[] truths, Func<int, int> classes, Box[] anchors, MatchingRule rule)
    {
        var matches = new int[anchors.Length];
        Matcher.Match(truths, [.. Enumerable.Range(0, truths.Length).Select(classes)], anchors, rule, matches);
        return matches;
    }

    private static Box[][] Levels(int seed) => [Boxes(seed, 301, 40), Boxes(seed + 100, 151, 60), Boxes(seed + 200, 76, 90)];

    private static Box[][] Truths(int seed) => [Boxes(seed + 300, 3, 60), [], Boxes(seed + 400, 11, 50)];

    /// <summary>Three copies of a truth, and two that are anchors.</summary>
    private static Box[][] EqualTruths()
    {
        var (one, anchors) = (Boxes(7, 1, 60)[0], Levels(3));
        return [[one, one, one], [anchors[0][5], anchors[0][5], anchors[1][2], one, anchors[2][0]]];
    }

    private static Box[][] DegenerateLevels() =>
        [[.. Boxes(8, 20, 40), new(5, 5, 5, 5), new(5, 5, 5, 30), new(40, 40, 10, 10), new(0, 0, 1e20f, 1e18f), new(9, 9, 9, 9)]];

    private static Box[][] DegenerateTruths() =>
    [
        [new(5, 5, 5, 5), new(10, 10, 30, 10), new(5, 0, 15, 25)], [new(200, 200, 210, 210)], [new(30, 30, 10, 10), new(3, 2, 33, 44)],
    ];

    private static Box[] Boxes(int seed, int count, double size)
    {
        var at = Numbers.Random(seed, 2 * count, 0, 100);
        var sizes = Numbers.Random(seed + 1000, 2 * count, 4, size);
        return [.. Enumerable.Range(0, count).Select(i => Box.FromSize(at[2 * i], at[(2 * i) + 1], sizes[2 * i], sizes[(2 * i) + 1]))];
    }

    private static float[] Floats(Box[] boxes) => MemoryMarshal.Cast<Box, float>(boxes).ToArray();
}
