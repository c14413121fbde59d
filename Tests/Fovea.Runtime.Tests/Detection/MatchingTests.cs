using Fovea.Detection;
using Fovea.CompilerServices;
using FsCheck.Xunit;

namespace Fovea.Tests.Detection;

public class MatchingTests
{
    private static readonly MatchingRule TorchVision = new(SkipUncovered: false);

    [Property(MaxTest = 150)]
    public void The_backend_matches_as_the_definition(int seed, byte anchorCount, byte truthCount, bool lowQuality, bool skip, bool narrow)
    {
        var random = new Random(seed);
        var rule = narrow ? new MatchingRule(0.7f, 0.3f, lowQuality, skip) : new MatchingRule(0.5f, 0.4f, lowQuality, skip);
        Box[][] levels = [DetectionAssert.RandomBoxes(random, anchorCount + 1), DetectionAssert.RandomBoxes(random, (anchorCount / 2) + 1)];
        Box[][] truths = [DetectionAssert.RandomBoxes(random, truthCount % 12), [], DetectionAssert.RandomBoxes(random, 1)];
        using var arena = new CpuArena(2);
        var (matches, truth) = Match(arena, levels, truths, rule);
        for (var n = 0; n < truths.Length; n++)
        {
            Box[] all = [.. levels.SelectMany(l => l)];
            var expected = new int[all.Length];
            Matcher.Match(truths[n], all, rule, expected);
            int[] actual = [.. Enumerable.Range(0, levels.Length).SelectMany(
                l => arena.Integers(matches[l]).AsSpan(n * levels[l].Length, levels[l].Length).ToArray())];
            Assert.Equal(expected, actual);
            Assert.Equal(expected.Count(m => m >= 0), arena.Integers(truth.Foreground, 3)[n]);
        }
    }

    [Property(MaxTest = 150)]
    public void The_backend_ignores_background_in_regions_as_the_definition(int seed, byte anchorCount, bool lowQuality, bool skip)
    {
        var random = new Random(seed);
        var rule = new MatchingRule(0.5f, 0.4f, lowQuality, skip);
        Box[][] levels = [DetectionAssert.RandomBoxes(random, anchorCount + 1), DetectionAssert.RandomBoxes(random, (anchorCount / 2) + 1)];
        Box[][] truths = [DetectionAssert.RandomBoxes(random, 6), DetectionAssert.RandomBoxes(random, 2), [new(0, 0, 1000, 1000)]];
        int[][] classes = [[.. Enumerable.Range(0, 6).Select(_ => random.Next(-1, 1))], [Matcher.Region, 3], [Matcher.Region]];
        Box[] all = [.. levels.SelectMany(l => l)];
        using var arena = new CpuArena(2);
        var (matches, truth) = Match(arena, levels, truths, rule, classes);
        for (var n = 0; n < truths.Length; n++)
        {
            var expected = new int[all.Length];
            Matcher.Match(truths[n], classes[n], all, rule, expected);
            int[] actual = [.. Enumerable.Range(0, levels.Length).SelectMany(
                l => arena.Integers(matches[l]).AsSpan(n * levels[l].Length, levels[l].Length).ToArray())];
            Assert.Equal(expected, actual);
            Assert.Equal(expected.Count(m => m >= 0), arena.Integers(truth.Foreground, 3)[n]);
        }
    }

    [Fact]
    public void What_would_be_background_in_a_region_is_ignored_and_objects_there_are_found()
    {
        // On the object; in the region; four tenths in the region; a little less; far away.
        Box[] anchors = [new(20, 20, 30, 30), new(40, 40, 50, 50), new(96, 0, 106, 10), new(96.1f, 0, 106.1f, 10), new(200, 0, 210, 10)];
        Box[] truths = [new(0, 0, 100, 100), new(20, 20, 30, 30)];
        int[] expected = [1, Matcher.Ignored, Matcher.Ignored, Matcher.Background, Matcher.Background];
        var matches = new int[5];
        Matcher.Match(truths, [Matcher.Region, 7], anchors, new(), matches);
        Assert.Equal(expected, matches);
        using var arena = new CpuArena();
        var (found, _) = Match(arena, [anchors], [truths], new(), [[Matcher.Region, 7]]);
        Assert.Equal(expected, arena.Integers(found[0]));
    }

    [Fact]
    public void A_region_takes_no_low_quality_match_and_forces_none()
    {
        // Torchvision's rule makes anchors of IoU 0 foreground for an object that nothing overlaps: their best is it, not the region.
        Box[][] levels = [[new(0, 0, 10, 10), new(50, 50, 60, 60)]];
        Box[][] truths = [[new(8, 8, 12, 12), new(200, 200, 210, 210)]];
        using var arena = new CpuArena();
        var (matches, _) = Match(arena, levels, truths, TorchVision, [[Matcher.Region, 0]]);
        Assert.Equal([1, 1], arena.Integers(matches[0]));
        (matches, _) = Match(arena, levels, truths, TorchVision with { SkipUncovered = true }, [[Matcher.Region, 0]]);
        Assert.Equal([Matcher.Background, Matcher.Background], arena.Integers(matches[0]));
    }

    [Property(MaxTest = 100)]
    public void Matches_do_not_depend_on_the_order_of_anchors(int seed, byte anchorCount, byte truthCount)
    {
        var random = new Random(seed);
        var anchors = DetectionAssert.RandomBoxes(random, anchorCount + 2);
        var truths = DetectionAssert.RandomBoxes(random, truthCount % 8 + 1);
        var forward = new int[anchors.Length];
        var backward = new int[anchors.Length];
        Matcher.Match(truths, anchors, TorchVision, forward);
        Matcher.Match(truths, anchors.Reverse().ToArray(), TorchVision, backward);
        Assert.Equal(forward, backward.Reverse());
    }

    [Fact]
    public void Low_quality_matches_get_the_anchors_own_best_truth()
    {
        // Truth 1's best anchor overlaps truth 0 more: it goes to truth 0, and truth 1 to nobody.
        Box[] anchors = [new(0, 0, 10, 10), new(100, 100, 110, 110)];
        Box[] truths = [new(0, 0, 10, 6), new(0, 7, 10, 12)];
        var matches = new int[2];
        Matcher.Match(truths, anchors, TorchVision with { ForegroundIoU = 0.7f }, matches);
        Assert.Equal([0, -1], matches);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, Matcher.Background)]
    public void A_truth_that_overlaps_nothing_makes_every_free_anchor_foreground_unless_it_is_skipped(bool skip, int expected)
    {
        Box[][] levels = [[new(0, 0, 10, 10), new(50, 50, 60, 60)]];
        Box[][] truths = [[new(0, 0, 10, 10), new(200, 200, 210, 210)]];
        using var arena = new CpuArena();
        var (matches, _) = Match(arena, levels, truths, new(SkipUncovered: skip));
        Assert.Equal([0, expected], arena.Integers(matches[0]));
    }

    [Fact]
    public void IoUs_at_the_thresholds_are_foreground_and_ignored()
    {
        // 5·10 of 100 is 0.5, exactly; 4·10 of 100 is 0.4 in float32.
        Box[] anchors = [new(0, 0, 10, 5), new(0, 0, 10, 4), new(0, 0, 10, 3.9f)];
        var matches = new int[3];
        Matcher.Match([new Box(0, 0, 10, 10)], anchors, TorchVision with { AllowLowQuality = false }, matches);
        Assert.Equal([0, Matcher.Ignored, Matcher.Background], matches);
    }

    [Fact]
    public void Loss_weights_are_one_over_images_times_foreground()
    {
        Box[][] levels = [[new(0, 0, 10, 10), new(0, 0, 10, 10), new(50, 50, 60, 60)]];
        using var arena = new CpuArena();
        var (_, truth) = Match(arena, levels, [[new(0, 0, 10, 10)], []], new());
        Assert.Equal([2, 0], arena.Integers(truth.Foreground, 2));
        Assert.Equal([1 / 4f, 1 / 2f], arena.Floats(truth.LossWeights, 2));
    }

    [Fact]
    public void The_running_normaliser_starts_at_100_and_averages_the_batchs_foreground()
    {
        Box[][] levels = [[.. Enumerable.Repeat(new Box(0, 0, 10, 10), 30)]];
        using var arena = new CpuArena(2, statistics: 5);
        var rule = new MatchingRule(Normalizer: LossNormalizer.RunningForeground, NormalizerState: 3);
        var (_, truth) = Match(arena, levels, [[new(0, 0, 10, 10)], [new(0, 0, 10, 9)]], rule);

        // 0.9·100 + 0.1·60, then 0.9·96 + 0.1·60: the sum of both images, not their mean.
        Assert.Equal(96, arena.Model.Statistics.Span[3], 1e-4f);
        Assert.Equal(1 / 96f, arena.Floats(truth.LossWeights, 2)[1], 1e-7f);
        (_, truth) = Match(arena, levels, [[new(0, 0, 10, 10)], [new(0, 0, 10, 9)]], rule);
        Assert.Equal(92.4f, arena.Model.Statistics.Span[3], 1e-4f);
        Assert.Equal([1 / 92.4f, 1 / 92.4f], arena.Floats(truth.LossWeights, 2), new Tolerance(1e-6f));
        Assert.Equal(0, arena.Model.Statistics.Span[2]);
    }

    [Fact]
    public void A_running_normaliser_without_its_state_is_an_error_that_says_so()
    {
        using var arena = new CpuArena();
        var e = Assert.Throws<ArgumentException>(() =>
            Match(arena, [[new(0, 0, 1, 1)]], [[]], new MatchingRule(Normalizer: LossNormalizer.RunningForeground)));
        Assert.Contains("NormalizerState", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_truths_than_fit_are_an_error_that_names_image_and_capacity()
    {
        using var arena = new CpuArena();
        var truth = arena.Truth([[new Box(0, 0, 1, 1)], []], [[0], []]);
        arena.Context.Write(truth.Counts, [1, 2]);
        var anchors = arena.Anchors([new Box(0, 0, 1, 1)]);
        var matches = arena.Matches(2, anchors);
        var e = Assert.Throws<ArgumentException>(() => arena.Backend.MatchAnchors(anchors, truth, new(), matches));
        Assert.Contains("Image 1 has 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Worker_counts_do_not_change_a_match()
    {
        int[]? expected = null;
        foreach (var workers in new[] { 1, 2, 3, 5 })
        {
            var random = new Random(3);
            using var arena = new CpuArena(workers);
            var (matches, _) = Match(
                arena, [DetectionAssert.RandomBoxes(random, 20_001), DetectionAssert.RandomBoxes(random, 10_001)],
                [DetectionAssert.RandomBoxes(random, 40), DetectionAssert.RandomBoxes(random, 7)], TorchVision);
            int[] actual = arena.Integers(matches);
            Assert.Equal(expected ??= actual, actual);
        }
    }

    [Fact]
    public void Warm_calls_allocate_nothing()
    {
        var random = new Random(4);
        using var arena = new CpuArena(1);
        var anchors = arena.Anchors(DetectionAssert.RandomBoxes(random, 9000));
        var matches = arena.Matches(1, anchors);
        var truth = arena.Truth([DetectionAssert.RandomBoxes(random, 20)], [new int[20]]);
        Allocations.AssertNone("matching", () => arena.Backend.MatchAnchors(anchors, truth, new(), matches));
    }

    private static (MatchMap Matches, GroundTruthMap Truth) Match(
        CpuArena arena, Box[][] levels, Box[][] truths, MatchingRule rule, int[][]? classes = null)
    {
        var anchors = arena.AnchorLevels(levels);
        var matches = arena.Matches(truths.Length, anchors);
        var truth = arena.Truth(truths, classes ?? [.. truths.Select(t => new int[t.Length])]);
        arena.Backend.MatchAnchors(anchors, truth, rule, matches);
        return (matches, truth);
    }

    private sealed class Tolerance(float tolerance) : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) <= tolerance;

        public int GetHashCode(float obj) => 0;
    }
}
