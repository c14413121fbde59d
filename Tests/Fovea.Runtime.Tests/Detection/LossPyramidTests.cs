using Fovea.CompilerServices;

namespace Fovea.Tests.Detection;

/// <summary>A loss over all levels in one call is, level by level and to the bit, the loss of each by itself, whatever the number of workers.</summary>
public class LossPyramidTests
{
    private const int Images = 2;
    private const int Finest = 9001;
    private const int Levels = 4;
    private const int Classes = 5;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Losses_and_gradients_are_those_of_each_level(int workers)
    {
        using var together = new Fixture(workers);
        using var apart = new Fixture(1);
        together.Focal(together.Logits, together.Matches, together.ClassLoss, together.LogitGradients);
        together.Box(together.Deltas, together.Anchors, together.Matches, together.BoxLoss, together.DeltaGradients);
        for (var l = 0; l < Levels; l++)
        {
            apart.Focal(apart.Logits[l], apart.Matches[l], apart.ClassLoss[l], apart.LogitGradients[l]);
            apart.Box(apart.Deltas[l], apart.Anchors[l], apart.Matches[l], apart.BoxLoss[l], apart.DeltaGradients[l]);
        }

        Numbers.SameBits($"arena, {workers} workers", apart.Everything, together.Everything);
        Assert.All(together.Terms, term => Assert.True(term > 0, $"{term}"));
    }

    [Fact]
    public void Warm_calls_allocate_nothing()
    {
        using var f = new Fixture(1);
        Allocations.AssertNone("focal loss", () => f.Focal(f.Logits, f.Matches, f.ClassLoss, f.LogitGradients));
        Allocations.AssertNone("box loss", () => f.Box(f.Deltas, f.Anchors, f.Matches, f.BoxLoss, f.DeltaGradients));
    }

    [Fact]
    public void Operands_of_other_levels_are_refused()
    {
        using var f = new Fixture(1);
        Assert.Throws<ArgumentException>(() => f.Focal(f.Logits, f.Matches, f.ClassLoss[0], f.LogitGradients));
        Assert.Throws<ArgumentException>(() => f.Focal(f.Logits[0], f.Matches, f.ClassLoss, f.LogitGradients));
        Assert.Throws<ArgumentException>(() => f.Box(f.Deltas, f.Anchors[1], f.Matches, f.BoxLoss, f.DeltaGradients));
        Assert.Throws<ArgumentException>(() => f.Box(f.Logits, f.Anchors, f.Matches, f.BoxLoss, f.DeltaGradients));
    }

    [Fact]
    public void Levels_of_anchors_and_matches_lie_one_behind_the_other()
    {
        var anchors = new AnchorMap(100, 5, 7, 3, 3);
        var matches = new MatchMap(50, 2, 5, 7, 3, 3);
        Assert.Equal(105 + 36 + 12, anchors.Count);
        Assert.Equal(anchors.Count, matches.Anchors);
        Assert.Equal(new AnchorMap(100 + (4 * 105), 3, 4, 3), anchors[1]);
        Assert.Equal(new MatchMap(50 + (2 * (105 + 36)), 2, 2, 2, 3), matches[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => anchors[3]);
    }

    private sealed class Fixture : IDisposable
    {
        private readonly CpuArena arena;
        private readonly GroundTruthMap truth;
        private readonly long end;

        public Fixture(int workers)
        {
            arena = new CpuArena(workers);
            var random = new Random(5);
            int[] counts = [Finest, (Finest + 1) / 2, (Finest + 3) / 4, (Finest + 7) / 8];
            Anchors = arena.AnchorLevels([.. counts.Select(c => DetectionAssert.RandomBoxes(random, c))]);
            truth = arena.Truth(
                [DetectionAssert.RandomBoxes(random, 7), DetectionAssert.RandomBoxes(random, 3)], [[0, 1, 2, 3, 4, 0, 1], [4, 3, 2]]);
            Matches = arena.Matches(Images, Anchors);
            arena.Backend.MatchAnchors(Anchors, truth, new MatchingRule(), Matches);
            Logits = Pyramid(random, counts, Classes);
            Deltas = Pyramid(random, counts, 4);
            LogitGradients = Pyramid(random, counts, Classes);
            DeltaGradients = Pyramid(random, counts, 4);
            (ClassLoss, BoxLoss) = (arena.Loss(Levels), arena.Loss(Levels));
            end = BoxLoss.Offset + Levels;
        }

        public AnchorMap Anchors { get; }

        public MatchMap Matches { get; }

        public PyramidMap Logits { get; }

        public PyramidMap Deltas { get; }

        public PyramidMap LogitGradients { get; }

        public PyramidMap DeltaGradients { get; }

        public LossTerm ClassLoss { get; }

        public LossTerm BoxLoss { get; }

        public float[] Everything => arena.Floats(0, end);

        public float[] Terms => [.. arena.Floats(ClassLoss.Offset, Levels), .. arena.Floats(BoxLoss.Offset, Levels)];

        public void Focal(PyramidMap logits, MatchMap matches, LossTerm loss, PyramidMap dlogits) =>
            arena.Backend.FocalLoss(logits, matches, truth, new FocalRule(0.25f, 2, Classes), loss, dlogits);

        public void Box(PyramidMap deltas, AnchorMap anchors, MatchMap matches, LossTerm loss, PyramidMap ddeltas) =>
            arena.Backend.BoxLoss(deltas, anchors, matches, truth, new BoxLossRule(BoxLossKind.GIoU), loss, ddeltas);

        public void Dispose() => arena.Dispose();

        private PyramidMap Pyramid(Random random, int[] counts, int channels) => arena.Pyramid(
            [.. counts.Select(c => DetectionAssert.RandomNormal(random, Images * c * channels, 0.5))], Images, Finest, channels);
    }
}
