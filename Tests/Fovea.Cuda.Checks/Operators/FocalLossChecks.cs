using System.Globalization;
using Fovea.Detection;
using Fovea.Ops.FocalLoss;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>Focal loss and its gradient; every element by its own size, as small gradients are the many.</summary>
internal static class FocalLossChecks
{
    private const int Capacity = 6;
    private static readonly FocalRule Paper = new(0.25f, 2, 0);

    public static IEnumerable<OperatorCheck> All =>
    [
        .. from shape in (Shape[])[new(1, 1, 1, 1, 1), new(2, 3, 5, 3, 7), new(3, 5, 7, 2, 1), new(2, 4, 4, 9, 8), new(1, 3, 3, 1, 91)]
           from rule in (FocalRule[])[Paper, new(-1, 0, 0, 0.7f), new(0.4f, 1, 0)]
           select new OperatorCheck($"FocalLoss {shape} {Name(rule)}", rig => Verify(rig, shape, rule, 1)),
        .. from rule in (FocalRule[])[new(-1, 2, 0), new(0.25f, 1.5f, 0), new(0.5f, 0.5f, 0), new(0.9f, 5, 0, 2)]
           select new OperatorCheck($"FocalLoss {Name(rule)}", rig => Verify(rig, new(2, 3, 3, 2, 5), rule, 1)),
        new("FocalLoss × loss scale", rig => Verify(rig, new(2, 3, 3, 2, 5), Paper, 1024)),
        new("FocalLoss of NaN", OfNaN),
    ];

    private static void Verify(CudaRig rig, Shape s, FocalRule rule, float lossScale)
    {
        rule = rule with { Classes = s.Classes };
        var logits = rig.Rounded(Logits(s));
        var (matches, classes, weights) = (Matches(s), Classes(s), Numbers.Random(3, s.Images, 0.01, 0.1));
        rig.Context.LossScale = lossScale;
        var (loss, dlogits) = Run(rig, s, rule, logits, matches, classes, weights);
        var expected = new double[logits.Length];
        var sum = 0.0;
        for (var n = 0; n < s.Images; n++)
        {
            var image = s.Anchors * s.Classes;
            sum += FocalReference.Image(
                logits.AsSpan(n * image, image), matches.AsSpan(n * s.Anchors, s.Anchors), classes.AsSpan(n * Capacity, Capacity), rule,
                weights[n], expected.AsSpan(n * image, image));
        }

        // float16 stores nothing finer than 2⁻²⁴.
        var smallest = rig.Precision == Precision.Float16 ? 1.0 / (1 << 24) : 1e-36;
        for (var i = 0; i < expected.Length; i++)
        {
            var wanted = expected[i] * lossScale;
            Near($"dlogits[{i}] of {logits[i]}", wanted, dlogits[i], (Math.Abs(wanted) * Relative(rig, rule)) + smallest);
        }

        Near("loss", sum, loss, Math.Abs(sum) * (rig.Epsilon < 1e-6 ? 2e-6 : 2e-5));
    }

    /// <summary>What float32 loses in some twenty operations (a power multiplies it by γ·ln q), and what storing does.</summary>
    private static double Relative(CudaRig rig, FocalRule rule) =>
        rule.Gamma is not (0 or 1 or 2) ? 2e-5 + rig.Epsilon : rig.Epsilon < 1e-6 ? 2e-6 : 2e-5 + rig.Epsilon;

    private static void OfNaN(CudaRig rig)
    {
        var s = new Shape(1, 2, 2, 1, 3);
        var logits = Numbers.Random(1, s.Length);
        (logits[1], logits[4]) = (float.NaN, float.NaN);
        var (loss, dlogits) = Run(
            rig, s, Paper with { Classes = 3 }, logits, [-1, Matcher.Ignored, -1, -1], new int[Capacity], [1]);
        Check.Same("loss", double.NaN, loss);
        Check.Same("gradient", float.NaN, dlogits[1]);
        Check.Same("gradient of an ignored anchor", 0, dlogits[4]);
    }

    private static (double Loss, float[] Gradients) Run(
        CudaRig rig, Shape s, FocalRule rule, float[] logits, int[] matches, int[] classes, float[] weights)
    {
        var truth = new GroundTruthMap(
            s.Images, Capacity, rig.Record(new float[4 * classes.Length]), rig.Record(classes), rig.Record(new int[s.Images]),
            rig.Record(weights), rig.Record(new int[s.Images]));
        var term = new LossTerm(rig.Record([7f]));
        var x = rig.Map(s.Images, s.Height, s.Width, s.PerCell * s.Classes, logits);
        var dx = rig.Map(s.Images, s.Height, s.Width, s.PerCell * s.Classes, Numbers.Random(9, logits.Length));
        rig.Backend.FocalLoss(x, new MatchMap(rig.Record(matches), s.Images, s.Height, s.Width, s.PerCell), truth, rule, term, dx);
        return (rig.ReadFloats(term.Offset, 1)[0], rig.Read(dx));
    }

    /// <summary>Mostly within ±8, some far out.</summary>
    private static float[] Logits(Shape s)
    {
        var logits = Numbers.Random(1, s.Length, -8, 8);
        float[] special = [0, -0f, 20, -20, 60, -60, 86, -86, 300, -300, 1e-6f, -30];
        for (var i = 0; i < special.Length && 5 * i < logits.Length; i++)
        {
            logits[5 * i] = special[i];
        }

        return logits;
    }

    private static int[] Matches(Shape s)
    {
        var random = new Random(2);
        return [.. Enumerable.Range(0, s.Images * s.Anchors).Select(_ => Math.Max(-2, random.Next(-5, Capacity)))
            .Select(m => m == -2 && random.Next(2) == 0 ? -1 : m)];
    }

    private static int[] Classes(Shape s)
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, s.Images * Capacity).Select(_ => random.Next(s.Classes))];
    }

    private static void Near(string name, double expected, double actual, double tolerance)
    {
        if (!(Math.Abs(expected - actual) <= tolerance))
        {
            throw new CheckFailedException(string.Create(
                CultureInfo.InvariantCulture, $"{name}  expected {expected:R}  actual {actual:R}  tolerance {tolerance:G3}"));
        }
    }

    private static string Name(FocalRule r) => string.Create(CultureInfo.InvariantCulture, $"α {r.Alpha} γ {r.Gamma} weight {r.Weight}");

    private readonly record struct Shape(int Images, int Height, int Width, int PerCell, int Classes)
    {
        public int Anchors => Height * Width * PerCell;

        public int Length => Images * Anchors * Classes;

        public override string ToString() => $"{Images}×{Height}×{Width}×{PerCell}×{Classes}";
    }
}
