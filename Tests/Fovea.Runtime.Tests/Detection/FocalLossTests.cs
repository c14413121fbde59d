using Fovea.Ops.FocalLoss;
using Fovea.CompilerServices;

namespace Fovea.Tests.Detection;

/// <summary>A focal loss to check: parity with the reference, finite differences, workers and allocations use the same table.</summary>
public sealed record FocalCase(
    string Name, float Alpha, float Gamma, int Classes, int Images, int Anchors, double Deviation, float Weight = 1)
{
    public static IReadOnlyList<FocalCase> All { get; } =
    [
        new("paper's", 0.25f, 2, 80, 2, 900, 3),
        new("one class", 0.25f, 2, 1, 1, 1000, 3),
        new("three classes", 0.25f, 2, 3, 3, 333, 3),
        new("cross-entropy", -1, 0, 7, 2, 100, 3),
        new("balanced cross-entropy", 0.75f, 0, 7, 2, 100, 3),
        new("gamma 1", 0.25f, 1, 9, 2, 100, 3),
        new("gamma 0.5", 0.25f, 0.5f, 9, 2, 100, 6),
        new("gamma 5", 0.25f, 5, 9, 2, 100, 6),
        new("gamma 0.1", -1, 0.1f, 9, 2, 100, 30),
        new("far logits", 0.25f, 2, 11, 2, 100, 100),
        new("alpha 0", 0, 2, 5, 1, 60, 3),
        new("alpha 1", 1, 2, 5, 1, 60, 3),
        new("weighted", 0.25f, 2, 5, 1, 60, 3, 0.3f),
        new("many tasks", 0.25f, 2, 365, 2, 1000, 3),
    ];

    public FocalRule Rule => new(Alpha, Gamma, Classes, Weight);

    public override string ToString() => Name;
}

public class FocalLossTests
{
    public static TheoryData<FocalCase> Cases => [.. FocalCase.All];

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Loss_and_gradient_equal_the_reference(FocalCase c) =>
        ClassificationFixture.EqualsTheReference(workers => new Fixture(c, workers));

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Gradients_are_the_loss_differences(FocalCase c) =>
        ClassificationFixture.GradientsAreTheLossDifferences(workers => new Fixture(c, workers));

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Worker_counts_do_not_change_a_bit(FocalCase c) =>
        LossFixture.HasTheSameBitsAtAnyWorkerCount(c.Name, workers => new Fixture(c, workers));

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Warm_calls_allocate_nothing(FocalCase c) => LossFixture.AllocatesNothing(c.Name, workers => new Fixture(c, workers));

    [Fact]
    public void Any_logit_gives_a_finite_loss_and_gradient()
    {
        foreach (var gamma in new[] { 0, 0.01f, 0.5f, 1, 2, 5 })
        {
            foreach (var x in new[] { 0f, -0f, 1e-8f, 17, -17, 88, -88, 100, -100, 1000, -1000, float.MaxValue, float.MinValue })
            {
                using var arena = new CpuArena(1);
                var loss = arena.Loss();
                var gradient = arena.Map(1, 2, 1);
                var truth = arena.Truth([[new Box(0, 0, 1, 1)]], [[0]]);
                arena.Backend.FocalLoss(arena.Map([x, x], 1, 2, 1), arena.Matches(1, [0, -1]), truth, new(0.25f, gamma, 1), loss, gradient);
                Assert.True(float.IsFinite(arena.Value(loss)), $"γ {gamma}, logit {x}: loss {arena.Value(loss)}");
                Assert.True(
                    arena.Floats(gradient).All(float.IsFinite),
                    $"γ {gamma}, logit {x}: gradient {string.Join(", ", arena.Floats(gradient))}");
            }
        }
    }

    [Fact]
    public void A_logit_that_is_no_number_shows_in_the_loss()
    {
        using var arena = new CpuArena(1);
        var loss = arena.Loss();
        var truth = arena.Truth([[new Box(0, 0, 1, 1)]], [[0]]);
        arena.Backend.FocalLoss(
            arena.Map([float.NaN, 0], 1, 2, 1), arena.Matches(1, [-1, -1]), truth, new(0.25f, 2, 1), loss, arena.Map(1, 2, 1));
        Assert.True(float.IsNaN(arena.Value(loss)), $"loss {arena.Value(loss)}, expected NaN");
    }

    [Fact]
    public void A_class_beyond_the_channels_is_an_error_that_names_it()
    {
        using var arena = new CpuArena(2);
        var truth = arena.Truth([[new Box(0, 0, 1, 1)]], [[3]]);
        var e = Assert.Throws<InvalidOperationException>(() =>
            arena.Backend.FocalLoss(
                arena.Map([0, 0, 0], 1, 1, 3), arena.Matches(1, [0]), truth, new(0.25f, 2, 3), arena.Loss(), arena.Map(1, 1, 3)));
        Assert.Contains("class 3", e.Message, StringComparison.Ordinal);
    }

    private sealed class Fixture(FocalCase c, int workers)
        : ClassificationFixture(c.Name, workers, c.Images, c.Anchors, c.Classes, c.Deviation, boxes: 4)
    {
        public override void Run() => Arena.Backend.FocalLoss(LogitMap, MatchMap, Truth, c.Rule, LossTerm, GradientMap);

        protected override double Reference(
            ReadOnlySpan<float> logits, ReadOnlySpan<int> matches, int[] classes, float weight, Span<double> gradients) =>
            FocalReference.Image(logits, matches, classes, c.Rule, weight, gradients);
    }
}
