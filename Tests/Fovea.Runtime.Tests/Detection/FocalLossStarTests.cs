using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Ops.FocalLossStar;
using Fovea.Tests.Support;

namespace Fovea.Tests.Detection;

/// <summary>An FL* to check: parity with the reference, finite differences, workers and allocations use the same table.</summary>
public sealed record FocalStarCase(
    string Name, float Gamma, float Beta, int Classes, int Images, int Anchors, double Deviation, float Weight = 1)
{
    public static IReadOnlyList<FocalStarCase> All { get; } =
    [
        new("paper's", 2, 1, 80, 2, 900, 3),
        new("gamma 4", 4, 0, 3, 3, 333, 3),
        new("cross-entropy", 1, 0, 7, 2, 100, 3),
        new("gamma 0.1, beta -3", 0.1f, -3, 9, 2, 100, 30),
        new("far logits", 3, 0.5f, 11, 2, 100, 100),
        new("weighted", 2, 1, 5, 1, 60, 3, 0.3f),
        new("many tasks", 2, 1, 365, 2, 1000, 3),
    ];

    public FocalStarRule Rule => new(Gamma, Beta, Classes, Weight);

    public override string ToString() => Name;
}

public class FocalLossStarTests
{
    public static TheoryData<FocalStarCase> Cases => [.. FocalStarCase.All];

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Loss_and_gradient_equal_the_reference(FocalStarCase c)
    {
        using var f = new Fixture(c, 2);
        f.Run();
        var expected = new double[c.Images * c.Anchors * c.Classes];
        var loss = Enumerable.Range(0, c.Images)
            .Sum(n => f.Reference(n, expected.AsSpan(n * c.Anchors * c.Classes, c.Anchors * c.Classes)));

        DetectionAssert.Close($"{c.Name} loss", [loss], [f.Loss], 1e-6);
        DetectionAssert.Close($"{c.Name} gradient", expected, f.Gradient, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Gradients_are_the_loss_differences(FocalStarCase c)
    {
        using var f = new Fixture(c, 1);
        f.Run();
        var gradient = f.Gradient;
        var scratch = new double[c.Anchors * c.Classes];
        var random = new Random(7);
        var greatest = gradient.Max(MathF.Abs);
        for (var sample = 0; sample < 20; sample++)
        {
            var i = random.Next(scratch.Length);
            var x = f.Logits[i];
            var h = 1e-3f * Math.Max(1, Math.Abs(x));
            var (above, below) = (x + h, x - h);
            f.Logits[i] = above;
            var plus = f.Reference(0, scratch);
            f.Logits[i] = below;
            var minus = f.Reference(0, scratch);
            f.Logits[i] = x;
            var expected = (plus - minus) / ((double)above - below);
            Assert.True(
                Math.Abs(expected - gradient[i]) <= 1e-3 * greatest,
                $"{c.Name}  dlogits[{i}] at {x}  expected {expected:R}  actual {gradient[i]:R}  tolerance {1e-3 * greatest:G3}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Worker_counts_do_not_change_a_bit(FocalStarCase c) =>
        LossFixture.HasTheSameBitsAtAnyWorkerCount(c.Name, workers => new Fixture(c, workers));

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Warm_calls_allocate_nothing(FocalStarCase c) => LossFixture.AllocatesNothing(c.Name, workers => new Fixture(c, workers));

    [Theory]
    [InlineData(0.01f, 0)]
    [InlineData(2, 1)]
    [InlineData(100, -100)]
    public void Logits_far_out_give_a_finite_loss_and_gradient(float gamma, float beta)
    {
        foreach (var x in (float[])[0, -0f, 1e-8f, 17, -17, 88, -88, 1000, -1000, 1e30f, -1e30f])
        {
            using var arena = new CpuArena(1);
            var (loss, gradient) = (arena.Loss(), arena.Map(1, 2, 1));
            var truth = arena.Truth([[new Box(0, 0, 1, 1)]], [[0]]);
            arena.Backend.FocalLossStar(
                arena.Map([x, x], 1, 2, 1), arena.Matches(1, [0, -1]), truth, new(gamma, beta, 1), loss, gradient);
            Assert.True(float.IsFinite(arena.Value(loss)), $"γ {gamma} β {beta}, logit {x}: loss {arena.Value(loss)}");
            Assert.All(arena.Floats(gradient), g => Assert.True(float.IsFinite(g), $"γ {gamma} β {beta}, logit {x}: gradient {g}"));
        }
    }

    [Fact]
    public void At_gamma_1_and_beta_0_it_is_cross_entropy()
    {
        var c = FocalStarCase.All.Single(c => c.Name == "cross-entropy");
        using var star = new Fixture(c, 1);
        using var entropy = new Fixture(c, 1, isEntropy: true);
        star.Run();
        entropy.Run();
        DetectionAssert.Close("loss", [entropy.Loss], [star.Loss], 1e-6);
        DetectionAssert.Close("gradient", [.. entropy.Gradient.Select(g => (double)g)], star.Gradient, 1e-6);
    }

    /// <summary>Random logits; about one anchor in ten is foreground, one in ten ignored.</summary>
    private sealed class Fixture : LossFixture
    {
        private readonly FocalStarCase c;
        private readonly bool isEntropy;
        private readonly FeatureMap logits;
        private readonly MatchMap matches;
        private readonly GroundTruthMap truth;
        private readonly int[] matchValues;
        private readonly int[][] classes;

        public Fixture(FocalStarCase c, int workers, bool isEntropy = false)
            : base(workers, c.Images, c.Anchors, c.Classes)
        {
            (this.c, this.isEntropy) = (c, isEntropy);
            var random = new Random(42);
            Logits = DetectionAssert.RandomNormal(random, c.Images * c.Anchors * c.Classes, c.Deviation);
            classes = [.. Enumerable.Range(0, c.Images).Select(_ => (int[])[random.Next(c.Classes), 0, c.Classes - 1])];
            matchValues =
            [
                .. Enumerable.Range(0, c.Images * c.Anchors)
                    .Select(_ => random.Next(10) switch { 0 => random.Next(3), 1 => Matcher.Ignored, _ => Matcher.Background }),
            ];
            logits = Arena.Map(Logits, c.Images, c.Anchors, c.Classes);
            matches = Arena.Matches(c.Images, matchValues);
            truth = Arena.Truth([.. classes.Select(_ => new Box[3])], classes);
            Arena.Context.Write(truth.LossWeights, Weights);
        }

        public float[] Logits { get; }

        public override void Run()
        {
            if (isEntropy)
            {
                Arena.Backend.FocalLoss(logits, matches, truth, new(-1, 0, c.Classes, c.Weight), LossTerm, GradientMap);
            }
            else
            {
                Arena.Backend.FocalLossStar(logits, matches, truth, c.Rule, LossTerm, GradientMap);
            }
        }

        public double Reference(int n, Span<double> gradients) => FocalStarReference.Image(
            Logits.AsSpan(n * c.Anchors * c.Classes, c.Anchors * c.Classes), matchValues.AsSpan(n * c.Anchors, c.Anchors), classes[n],
            c.Rule, Weights[n], gradients);
    }
}
