using System.Runtime.InteropServices;
using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Ops.Anchors;
using Fovea.Ops.HardExamples;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>
/// Online hard example mining: exactly the reference's choice. Logits are sixteenths, and differ in one class alone, so that losses are
/// equal to the bit or further apart than any precision errs.
/// </summary>
internal static class HardExampleChecks
{
    private const int Images = 2;
    private const int Capacity = 3;
    private const int PerCell = 6;

    public static IEnumerable<OperatorCheck> All =>
    [
        .. from rule in (HardExampleRule[])
           [
               new(64, 0.7f, 0, 1), new(64, 0.5f, 0, 3), new(32, 0.5f, 3, 3), new(5000, 0.5f, 3, 2), new(5000, 0.7f, 0, 2), new(1, 0.7f, 0, 1),
               new(20, 1, 0, 2), new(5000, 0.05f, 1, 1), new(1500, 0.6f, 1000, 2),
           ]
           from shape in (Shape[])[new(1, 1, 1), new(6, 8, 3), new(13, 9, 4)]
           select new OperatorCheck($"SelectHardExamples {rule} {shape}", rig => Verify(rig, rule, new(BoxLossKind.L1), shape, objects: 3)),
        .. from kind in (BoxLossKind[])[BoxLossKind.SmoothL1, BoxLossKind.GIoU, BoxLossKind.DIoU, BoxLossKind.CIoU]
           select new OperatorCheck(
               $"SelectHardExamples {kind}", rig => Verify(rig, new(48, 0.7f, 3, 3), new(kind, 0.11f, 2), new(9, 9, 3), objects: 3)),
        new("SelectHardExamples without objects", rig => Verify(rig, new(16, 0.5f, 3, 2), new(BoxLossKind.L1), new(7, 7, 3), objects: 0)),
        new("SelectHardExamples in place", rig => Verify(rig, new(64, 0.5f, 3, 2), new(BoxLossKind.L1), new(7, 7, 3), 2, inPlace: true)),
    ];

    private static void Verify(
        CudaRig rig, HardExampleRule rule, BoxLossRule boxLoss, Shape s, int objects, bool inPlace = false)
    {
        var (random, anchors) = (new Random(4), new AnchorMap(0, s.Height, s.Width, PerCell, s.Levels));
        var boxes = new Box[anchors.Count];
        AnchorWriter.Write(
            [.. Enumerable.Range(3, s.Levels).Select(l => new AnchorLevel([4 << l, 6 << l], [0.5f, 1, 2]))], 8 * s.Height, 8 * s.Width,
            anchors, boxes);
        Box[] truths = [.. Enumerable.Range(0, Images * Capacity).Select(_ => Truth(random, s))];
        int[] classes = [.. truths.Select(_ => random.Next(rule.Classes))];
        var matches = new int[Images][];
        for (var n = 0; n < Images; n++)
        {
            matches[n] = new int[boxes.Length];
            Matcher.Match(truths.AsSpan(n * Capacity, objects), boxes, new MatchingRule(), matches[n]);
        }

        // Level after level [N, anchors of the level, width]; the reference reads [N, anchors, width].
        var logits = Check.Random(1, (long)Images * boxes.Length * rule.Classes, -6, 3);
        for (var i = 0; i < logits.Length; i++)
        {
            logits[i] = i % rule.Classes == 0 ? MathF.Round(logits[i] * 16) / 16 : -4 - (i % rule.Classes);
        }

        var deltas = rig.Rounded(Check.Random(2, 4L * Images * boxes.Length, -0.6, 0.6));
        anchors = anchors with { Offset = rig.Record(Floats(boxes)) };
        var truth = new GroundTruthMap(
            Images, Capacity, rig.Record(Floats(truths)), rig.Record(classes), rig.Record([objects, objects]), rig.Record([7f, 7f]),
            rig.Record(new int[Images]));
        var found = new MatchMap(0, Images, s.Height, s.Width, PerCell, s.Levels);
        found = found with { Offset = rig.Record(ByLevel(anchors, matches)) };
        var selected = inPlace ? found : found with { Offset = rig.Record(new int[Images * boxes.Length]) };
        var (x, d) = (Place(rig, anchors, logits, rule.Classes), Place(rig, anchors, deltas, 4));
        rig.Backend.SelectHardExamples(x, d, anchors, found, truth, rule, boxLoss, selected);

        var weights = new float[Images];
        var expected = new int[Images][];
        for (var n = 0; n < Images; n++)
        {
            var (from, all) = (n * boxes.Length, matches[n]);
            var scores = HardExampleReference.Scores(
                rig.Rounded(logits).AsSpan(from * rule.Classes, boxes.Length * rule.Classes),
                MemoryMarshal.Cast<float, BoxDeltas>(deltas).Slice(from, boxes.Length), boxes, all, truths.AsSpan(n * Capacity, Capacity),
                classes.AsSpan(n * Capacity, Capacity), rule, boxLoss);
            var kept = HardExampleReference.Select(scores, boxes, all, rule);
            expected[n] = [.. all.Select((match, a) => kept.Contains(a) ? match : Matcher.Ignored)];
            weights[n] = LossWeighting.PerImage(Images, kept.Count(a => all[a] >= 0));
        }

        Check.Same<int>("selected", ByLevel(anchors, expected), rig.ReadInts(selected.Offset, Images * boxes.Length));
        Check.Same<float>("weights", weights, rig.ReadFloats(truth.LossWeights, Images));
    }

    private static Box Truth(Random random, Shape s)
    {
        var (w, h) = (random.Next(16, (4 * s.Width) + 17), random.Next(16, (4 * s.Height) + 17));
        var (x, y) = (random.Next(0, 4 * s.Width), random.Next(0, 4 * s.Height));
        return new(x, y, x + w, y + h);
    }

    /// <summary>From [N][anchors] to level after level, each [N, anchors].</summary>
    private static int[] ByLevel(AnchorMap anchors, int[][] images) =>
    [
        .. Enumerable.Range(0, anchors.Levels).SelectMany(level =>
        {
            var before = Enumerable.Range(0, level).Sum(l => anchors[l].Count);
            return images.SelectMany(image => image.Skip(before).Take(anchors[level].Count));
        }),
    ];

    private static PyramidMap Place(CudaRig rig, AnchorMap anchors, float[] values, int width)
    {
        var map = new PyramidMap(0, Images, anchors.Height, anchors.Width, PerCell * width, anchors.Levels);
        map = map with { Offset = rig.Map(1, 1, 1, checked((int)map.Extent)).Offset };
        var before = 0;
        for (var level = 0; level < map.Levels; level++)
        {
            var count = anchors[level].Count * width;
            rig.Write(map[level], [.. Enumerable.Range(0, Images).SelectMany(
                n => values.AsSpan((n * anchors.Count * width) + before, count).ToArray())]);
            before += count;
        }

        return map;
    }

    private static float[] Floats(Box[] boxes) => MemoryMarshal.Cast<Box, float>(boxes).ToArray();

    private readonly record struct Shape(int Height, int Width, int Levels)
    {
        public override string ToString() => $"{Height}×{Width} on {Levels}";
    }
}
