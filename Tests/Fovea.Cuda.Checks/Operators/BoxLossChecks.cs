using System.Globalization;
using System.Runtime.InteropServices;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>Box losses with analytic gradients against forward-mode differentiation.</summary>
internal static class BoxLossChecks
{
    private const int Capacity = 5;

    private static readonly BoxLossRule[] Rules =
    [
        new(BoxLossKind.L1), new(BoxLossKind.SmoothL1, 0.11f), new(BoxLossKind.SmoothL1, 0, 0.5f), new(BoxLossKind.GIoU),
        new(BoxLossKind.DIoU, 0, 2), new(BoxLossKind.CIoU),
    ];

    public static IEnumerable<OperatorCheck> All =>
        from rule in Rules
        from check in (OperatorCheck[])
        [
            new($"BoxLoss {Name(rule)}", rig => Verify(rig, rule, new(2, 5, 7, 9), 1)),
            new($"BoxLoss {Name(rule)} one anchor", rig => Verify(rig, rule, new(1, 1, 1, 1), 1)),
            new($"BoxLoss {Name(rule)} × loss scale", rig => Verify(rig, rule, new(3, 3, 3, 1), 64)),
            new($"BoxLoss {Name(rule)} at ties and cuts", rig => Special(rig, rule)),
        ]
        select check;

    private static void Verify(CudaRig rig, BoxLossRule rule, Shape s, float lossScale)
    {
        var (anchors, random) = (Boxes(1, s.Anchors), new Random(5));
        var truths = Boxes(2, s.Images * Capacity);
        int[] matches = [.. Enumerable.Range(0, s.Images * s.Anchors).Select(_ => Math.Max(-2, random.Next(-4, Capacity)))];
        matches[0] = 2;
        rig.Context.LossScale = lossScale;
        Verify(rig, rule, s, anchors, truths, matches, rig.Rounded(Numbers.Random(3, 4L * matches.Length, -0.6, 0.6)));
    }

    /// <summary>Deltas of 0 (the anchor itself), boxes that are equal, that share edges, that are apart; sizes beyond the cut.</summary>
    private static void Special(CudaRig rig, BoxLossRule rule)
    {
        Box[] anchors = [.. Enumerable.Repeat(new Box(16, 16, 48, 48), 5)];
        Box[] truths = [new(16, 16, 48, 48), new(48, 16, 64, 48), new(300, 200, 364, 216), new(20, 20, 40, 48), new(16, 0, 48, 64)];
        float[] deltas = [0, 0, 0, 0, 0, 0, 0, 0, 0.5f, -0.25f, 0, 0, 0, 0, 4.5f, 5, 0, 0, 0.5f, -0.5f];
        Verify(rig, rule, new(1, 1, 1, 5), anchors, truths, [0, 1, 2, 3, 4], deltas);
    }

    private static void Verify(CudaRig rig, BoxLossRule rule, Shape s, Box[] anchors, Box[] truths, int[] matches, float[] deltas)
    {
        var weights = Numbers.Random(4, s.Images, 0.02, 0.2);
        var (loss, gradients) = Run(rig, rule, s, anchors, truths, matches, weights, deltas);
        var expected = new double[deltas.Length];
        var sum = 0.0;
        var rows = MemoryMarshal.Cast<float, BoxDeltas>(deltas);
        for (var i = 0; i < matches.Length; i++)
        {
            if (matches[i] >= 0)
            {
                var image = i / s.Anchors;
                var dual = BoxLossReference.Evaluate(rows[i], anchors[i % s.Anchors], truths[(image * Capacity) + matches[i]], rule);
                var scale = (double)weights[image] * rule.Weight;
                sum += dual.Value * scale;
                double[] row = [dual.D0, dual.D1, dual.D2, dual.D3];
                row.Select(d => d * scale * rig.Context.LossScale).ToArray().CopyTo(expected, 4 * i);
            }
        }

        // Decoding in float32 moves a box by some 1e-7 of its position, and the IoU losses see that.
        var tolerance = rule.Kind <= BoxLossKind.SmoothL1 ? 1e-6 : 1e-5;
        Check.Close("ddeltas", expected, gradients, tolerance + rig.Epsilon);
        Check.Close("loss", [sum], [loss], tolerance);
    }

    private static (float Loss, float[] Gradients) Run(
        CudaRig rig, BoxLossRule rule, Shape s, Box[] anchors, Box[] truths, int[] matches, float[] weights, float[] deltas)
    {
        var truth = new GroundTruthMap(
            s.Images, Capacity, rig.Record(Floats(truths)), rig.Record(new int[truths.Length]), rig.Record(new int[s.Images]),
            rig.Record(weights), rig.Record(new int[s.Images]));
        var term = new LossTerm(rig.Record([7f]));
        var x = rig.Map(s.Images, s.Height, s.Width, s.PerCell * 4, deltas);
        var dx = rig.Map(s.Images, s.Height, s.Width, s.PerCell * 4, Numbers.Random(9, deltas.Length));
        rig.Backend.BoxLoss(
            x, new AnchorMap(rig.Record(Floats(anchors)), s.Height, s.Width, s.PerCell),
            new MatchMap(rig.Record(matches), s.Images, s.Height, s.Width, s.PerCell), truth, rule, term, dx);
        return (rig.ReadFloats(term.Offset, 1)[0], rig.Read(dx));
    }

    private static Box[] Boxes(int seed, int count)
    {
        var at = Numbers.Random(seed, 2 * count, 0, 40);
        var sizes = Numbers.Random(seed + 1000, 2 * count, 6, 50);
        return [.. Enumerable.Range(0, count).Select(i => Box.FromSize(at[2 * i], at[(2 * i) + 1], sizes[2 * i], sizes[(2 * i) + 1]))];
    }

    private static float[] Floats(Box[] boxes) => MemoryMarshal.Cast<Box, float>(boxes).ToArray();

    private static string Name(BoxLossRule r) => string.Create(CultureInfo.InvariantCulture, $"{r.Kind} β {r.Beta} weight {r.Weight}");

    private readonly record struct Shape(int Images, int Height, int Width, int PerCell)
    {
        public int Anchors => Height * Width * PerCell;
    }
}
