using System.Globalization;
using Fovea.CompilerServices;
using Fovea.Ops.FocalLossStar;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>FL* and its gradient; every element by its own size, as small gradients are the many.</summary>
internal static class FocalLossStarChecks
{
    private const int Capacity = 4;

    public static IEnumerable<OperatorCheck> All =>
    [
        .. from shape in (Shape[])[new(1, 1, 1), new(2, 45, 7), new(3, 70, 1), new(2, 144, 8), new(1, 9, 91)]
           select new OperatorCheck($"FocalLossStar {shape}", rig => Verify(rig, shape, new(2, 1, 0), 1)),
        .. from rule in (FocalStarRule[])[new(4, 0, 0), new(1, 0, 0, 0.7f), new(0.1f, -3, 0), new(3, 0.5f, 0)]
           select new OperatorCheck(
               string.Create(CultureInfo.InvariantCulture, $"FocalLossStar γ {rule.Gamma} β {rule.Beta} weight {rule.Weight}"),
               rig => Verify(rig, new(2, 18, 5), rule, 1)),
        new("FocalLossStar × loss scale", rig => Verify(rig, new(2, 18, 5), new(2, 1, 0), 1024)),
    ];

    private static void Verify(CudaRig rig, Shape s, FocalStarRule rule, float lossScale)
    {
        rule = rule with { Classes = s.Classes };
        var random = new Random(2);
        var logits = rig.Rounded(Check.Random(1, (long)s.Images * s.Anchors * s.Classes, -8, 8));
        (float[] special, int at) = ([0, -0f, 20, -20, 86, -86, 300, -300], 0);
        for (; at < special.Length && 5 * at < logits.Length; at++)
        {
            logits[5 * at] = special[at];
        }

        int[] matches = [.. Enumerable.Range(0, s.Images * s.Anchors).Select(_ => Math.Max(-2, random.Next(-4, Capacity)))];
        int[] classes = [.. Enumerable.Range(0, s.Images * Capacity).Select(_ => random.Next(s.Classes))];
        var weights = Check.Random(3, s.Images, 0.01, 0.1);
        rig.Context.LossScale = lossScale;
        var truth = new GroundTruthMap(
            s.Images, Capacity, rig.Record(new float[4 * classes.Length]), rig.Record(classes), rig.Record(new int[s.Images]),
            rig.Record(weights), rig.Record(new int[s.Images]));
        var term = new LossTerm(rig.Record([7f]));
        var (x, dx) = (rig.Map(s.Images, 1, s.Anchors, s.Classes, logits), rig.Map(s.Images, 1, s.Anchors, s.Classes));
        rig.Backend.FocalLossStar(x, new MatchMap(rig.Record(matches), s.Images, 1, s.Anchors, 1), truth, rule, term, dx);

        var expected = new double[logits.Length];
        var image = s.Anchors * s.Classes;
        var sum = Enumerable.Range(0, s.Images).Sum(n => FocalStarReference.Image(
            logits.AsSpan(n * image, image), matches.AsSpan(n * s.Anchors, s.Anchors), classes.AsSpan(n * Capacity, Capacity), rule,
            weights[n], expected.AsSpan(n * image, image)));
        var (actual, narrow) = (rig.Read(dx), rig.Epsilon > 1e-6);

        // float16 stores nothing finer than 2⁻²⁴.
        var smallest = rig.Precision == Precision.Float16 ? 1.0 / (1 << 24) : 1e-36;
        for (var i = 0; i < expected.Length; i++)
        {
            // u = γ·x + β is rounded before its exponential, so that an error grows with it.
            var wanted = expected[i] * lossScale;
            var relative = (narrow ? 2e-5 + rig.Epsilon : 2e-6) * (1 + (rule.Gamma * Math.Abs(logits[i]) / 8));
            Near($"dlogits[{i}] of {logits[i]}", wanted, actual[i], (Math.Abs(wanted) * relative) + smallest);
        }

        Near("loss", sum, rig.ReadFloats(term.Offset, 1)[0], Math.Abs(sum) * (narrow ? 2e-5 : 2e-6));
    }

    private static void Near(string name, double expected, double actual, double tolerance)
    {
        if (!(Math.Abs(expected - actual) <= tolerance))
        {
            throw new CheckFailedException(string.Create(
                CultureInfo.InvariantCulture, $"{name}  expected {expected:R}  actual {actual:R}  tolerance {tolerance:G3}"));
        }
    }

    private readonly record struct Shape(int Images, int Anchors, int Classes)
    {
        public override string ToString() => $"{Images}×{Anchors}×{Classes}";
    }
}
