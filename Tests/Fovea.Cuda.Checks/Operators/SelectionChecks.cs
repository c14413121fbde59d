using Fovea.Detection;
using Fovea.Ops.PostProcessing;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>
/// Candidates of several levels. Logits lie on a grid so coarse that scores that differ do so by more than rounding: what is chosen, and in
/// which order, must be exactly what the reference chooses.
/// </summary>
internal static class SelectionChecks
{
    private const int Images = 2;

    public static IEnumerable<OperatorCheck> All =>
    [
        .. from classes in (int[])[1, 3, 91]
           from topK in (int[])[1, 10, 1000]
           select new OperatorCheck(
               $"Select K={classes} k={topK}",
               rig => Run(rig, new PostProcessingRule(classes, TopK: topK), [(5, 7, 9), (3, 4, 9), (2, 2, 9)], seed => Grid(seed, 6))),
        new("Select fewer than k", rig => Run(rig, new PostProcessingRule(3, 0.9f, 40), [(4, 5, 6), (2, 3, 6)], seed => Grid(seed, 2.5))),
        new("Select all of one score", rig => Run(rig, new PostProcessingRule(7, TopK: 900), [(11, 13, 9)], _ => _ => 1.5f)),
        new("Select two scores", rig => Run(rig, new PostProcessingRule(5, TopK: 1000), [(9, 9, 9)], _ => i => i % 5 == 0 ? 2 : -1)),
        new("Select none", rig => Run(rig, new PostProcessingRule(3, TopK: 10), [(4, 5, 6)], _ => _ => -4)),
        new("Select at the threshold", rig => Run(rig, new PostProcessingRule(3, 0.5f, 30), [(4, 5, 6)], _ => i => i % 2 * 0.25f)),
        new("Select any score", rig => Run(rig, new PostProcessingRule(3, -1, 100), [(4, 5, 6)], seed => Grid(seed, 6))),
        new("Select no possible score", rig => Run(rig, new PostProcessingRule(3, 1, 100), [(4, 5, 6)], _ => _ => 100)),
        new("Select NaN and infinities", rig => Run(rig, new PostProcessingRule(3, TopK: 50), [(4, 5, 6)], _ => Extreme)),
        new("Select beyond shared memory", rig => Run(rig, new PostProcessingRule(10, TopK: 6000), [(9, 10, 9)], seed => Grid(seed, 2))),
        new("Select scores", Scores),
        new("Select over capacity", OverCapacity),
        new("Select cut sizes", CutSizes),
    ];

    private static Func<int, float> Grid(int seed, double range)
    {
        var random = new Random(seed);
        return _ => (float)Math.Round((random.NextDouble() - 0.5) * 2 * range * 64) / 64;
    }

    private static float Extreme(int i) => (i % 7) switch
    {
        0 => float.NaN,
        1 => float.PositiveInfinity,
        2 => 100,
        3 => float.NegativeInfinity,
        4 => -100,
        5 => 30,
        _ => i % 3,
    };

    private static void Run(CudaRig rig, PostProcessingRule rule, (int H, int W, int A)[] levels, Func<int, Func<int, float>> logits)
    {
        var inputs = levels.Select((l, i) => Level.Create(rig, l, rule.Classes, logits(i + 1), i)).ToArray();
        var capacity = inputs.Sum(l => Math.Min(rule.TopK, l.Anchors.Count * rule.Classes));
        var candidates = Candidates(rig, capacity);
        Select(rig, inputs, rule, candidates);
        for (var n = 0; n < Images; n++)
        {
            Compare(rig, candidates, n, [.. inputs.SelectMany(l => l.Expected(n, rule))]);
        }
    }

    private static void Compare(CudaRig rig, CandidateMap candidates, int image, List<RawDetection> expected)
    {
        var (count, from) = (expected.Count, image * candidates.Capacity);
        Check.Same("count", count, rig.ReadInts(candidates.Counts + image, 1)[0]);
        if (count == 0)
        {
            return;
        }

        Check.Same<int>("class", expected.Select(e => e.Channel).ToArray(), rig.ReadInts(candidates.Classes + from, count));
        Check.Close("score", expected.Select(e => (double)e.Score).ToArray(), rig.ReadFloats(candidates.Scores + from, count), 2e-7);
        var boxes = expected.SelectMany(e => (double[])[e.Box.X1, e.Box.Y1, e.Box.X2, e.Box.Y2]).ToArray();
        Check.Close("box", boxes, rig.ReadFloats(candidates.Boxes + (4L * from), 4 * count), 1e-6);
    }

    /// <summary>Scores of arbitrary logits, in the order of their own.</summary>
    private static void Scores(CudaRig rig)
    {
        var values = Numbers.Random(5, Images * 700, -20, 20);
        var rule = new PostProcessingRule(1, 0, 700);
        var level = Level.Create(rig, (10, 10, 7), 1, i => values[i], 0);
        var candidates = Candidates(rig, 700);
        Select(rig, [level], rule, candidates);
        for (var n = 0; n < Images; n++)
        {
            var found = rig.ReadFloats(candidates.Scores + (n * 700), 700);
            Check.Close("score", level.Expected(n, rule).Select(e => (double)e.Score).ToArray(), found, 2e-7);
            Check.Same<float>("order", [.. found.OrderDescending()], found);
        }
    }

    /// <summary>Where there is no room the best fill it, and the next image's memory stays as it is.</summary>
    private static void OverCapacity(CudaRig rig)
    {
        var rule = new PostProcessingRule(3, TopK: 10);
        var levels = new[] { (8, 10, 6), (4, 5, 6), (2, 3, 6), (1, 2, 6) }
            .Select((l, i) => Level.Create(rig, l, 3, k => k < l.Item1 * l.Item2 * 18 ? Grid(k, 4)(k) : -9, i)).ToArray();
        var candidates = Candidates(rig, 25);
        Select(rig, levels, rule, candidates);
        Compare(rig, candidates, 0, [.. levels.SelectMany(l => l.Expected(0, rule)).Take(25)]);
        Compare(rig, candidates, 1, []);
        Check.Same<float>("next image's scores", new float[25], rig.ReadFloats(candidates.Scores + 25, 25));
        Check.Same<float>("next image's boxes", new float[100], rig.ReadFloats(candidates.Boxes + 100, 100));
    }

    /// <summary>dw and dh beyond the limit, NaN deltas, boxes outside the image.</summary>
    private static void CutSizes(CudaRig rig)
    {
        var rule = new PostProcessingRule(1, TopK: 54);
        var level = Level.Create(rig, (3, 3, 6), 1, Grid(1, 2), 0, i => (i % 11) switch { 3 => float.NaN, 5 => 9, 7 => -9, _ => i % 5 });
        var candidates = Candidates(rig, 54);
        Select(rig, [level], rule, candidates);
        Compare(rig, candidates, 0, level.Expected(0, rule));
        Compare(rig, candidates, 1, level.Expected(1, rule));
    }

    /// <summary>Levels that lie apart are brought into one piece of memory, as a plan lays them out.</summary>
    private static void Select(CudaRig rig, Level[] levels, PostProcessingRule rule, CandidateMap candidates)
    {
        var finest = levels[0];
        var logits = Pyramid(rig, finest.Logits, [.. levels.Select(l => l.LogitValues)]);
        var deltas = Pyramid(rig, finest.Deltas, [.. levels.Select(l => rig.Read(l.Deltas))]);
        var anchors = finest.Anchors with
        {
            Levels = levels.Length,
            Offset = rig.Record((Box[])[.. levels.SelectMany(l => l.Boxes)]),
        };
        rig.Backend.SelectCandidates(logits, deltas, anchors, rule, candidates);
    }

    private static PyramidMap Pyramid(CudaRig rig, PyramidMap finest, float[][] values)
    {
        var map = finest with { Levels = values.Length };
        map = map with { Offset = rig.Map(1, 1, 1, checked((int)map.Extent)).Offset };
        for (var level = 0; level < values.Length; level++)
        {
            rig.Write(map[level], values[level]);
        }

        return map;
    }

    private static CandidateMap Candidates(CudaRig rig, int capacity) => new(
        Images, capacity, rig.Record(new float[Images * capacity * 4]), rig.Record(new float[Images * capacity]),
        rig.Record(new int[Images * capacity]), rig.Record([5, 5]), rig.Record((float[])[.. Level.Size, .. Level.Size]));

    /// <summary>A level's operands on the device, and what they are on the host.</summary>
    private sealed record Level(
        FeatureMap Logits, FeatureMap Deltas, AnchorMap Anchors, float[] LogitValues, BoxDeltas[] DeltaValues, Box[] Boxes)
    {
        /// <summary>Height and width of the images.</summary>
        public static float[] Size => [180, 230];

        public static Level Create(
            CudaRig rig, (int H, int W, int A) s, int classes, Func<int, float> logits, int seed, Func<int, float>? deltas = null)
        {
            var count = s.H * s.W * s.A;
            var values = rig.Rounded([.. Enumerable.Range(0, Images * count * classes).Select(logits)]);
            var random = Numbers.Random(seed + 100, Images * count * 4L);
            var moved = rig.Rounded(deltas is null ? random : [.. Enumerable.Range(0, random.Length).Select(deltas)]);
            var corners = Numbers.Random(seed + 200, count * 4L, 0, 200);
            var boxes = Enumerable.Range(0, count).Select(i => Box.FromSize(
                corners[4 * i], corners[(4 * i) + 1], 1 + (corners[(4 * i) + 2] / 4), 1 + (corners[(4 * i) + 3] / 4))).ToArray();
            return new Level(
                rig.Map(Images, s.H, s.W, s.A * classes, values), rig.Map(Images, s.H, s.W, s.A * 4, moved),
                new AnchorMap(rig.Record(boxes), s.H, s.W, s.A), values,
                [.. Enumerable.Range(0, Images * count).Select(i => new BoxDeltas(
                    moved[4 * i], moved[(4 * i) + 1], moved[(4 * i) + 2], moved[(4 * i) + 3]))],
                boxes);
        }

        public List<RawDetection> Expected(int image, PostProcessingRule rule)
        {
            var length = Boxes.Length * rule.Classes;
            return PostProcessingReference.Select(
                LogitValues.AsSpan(image * length, length), DeltaValues.AsSpan(image * Boxes.Length, Boxes.Length), Boxes, rule, Size[0],
                Size[1]);
        }
    }
}
