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
    public void Loss_and_gradient_equal_the_reference(FocalStarCase c) =>
        ClassificationFixture.EqualsTheReference(workers => new Fixture(c, workers));

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Gradients_are_the_loss_differences(FocalStarCase c) =>
        ClassificationFixture.GradientsAreTheLossDifferences(workers => new Fixture(c, workers));

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

    private sealed class Fixture(FocalStarCase c, int workers, bool isEntropy = false)
        : ClassificationFixture(c.Name, workers, c.Images, c.Anchors, c.Classes, c.Deviation, boxes: 3)
    {
        public override void Run()
        {
            if (isEntropy)
            {
                Arena.Backend.FocalLoss(LogitMap, MatchMap, Truth, new(-1, 0, c.Classes, c.Weight), LossTerm, GradientMap);
            }
            else
            {
                Arena.Backend.FocalLossStar(LogitMap, MatchMap, Truth, c.Rule, LossTerm, GradientMap);
            }
        }

        protected override double Reference(
            ReadOnlySpan<float> logits, ReadOnlySpan<int> matches, int[] classes, float weight, Span<double> gradients) =>
            FocalStarReference.Image(logits, matches, classes, c.Rule, weight, gradients);
    }
}
