using System.Runtime.InteropServices;
using Fovea.Detection;
using Fovea.Ops.PostProcessing;
using Fovea.CompilerServices;
using FsCheck.Xunit;

namespace Fovea.Tests.Detection;

/// <summary>Post-processing to check: ties by whole logits, thresholds, limits that bite.</summary>
public sealed record PostProcessingCase(
    string Name, PostProcessingRule Rule, int[] Anchors, int Images = 2, bool WholeLogits = false, double Mean = -2)
{
    public static IReadOnlyList<PostProcessingCase> All { get; } =
    [
        new("usual", new(5), [400, 200, 100]),
        new("ties", new(5, TopK: 50), [400, 200, 100], WholeLogits: true),
        new("all pass", new(3, ScoreThreshold: 0, TopK: 30), [400, 200]),
        new("below all", new(3, ScoreThreshold: -1, TopK: 30), [400, 200], WholeLogits: true),
        new("none pass", new(3, ScoreThreshold: 1), [400]),
        new("few detections", new(4, MaxDetections: 3), [400]),
        new("one class", new(1, NmsIoU: 0.3f), [1000]),
        new("high scores", new(6, TopK: 20), [300], Mean: 30, WholeLogits: true),
        new("many tasks", new(80, TopK: 100), [4000], 2, Mean: 0),
        new("no overlap allowed", new(2, NmsIoU: 0), [300]),
        new("all overlap allowed", new(2, NmsIoU: 1), [300]),
    ];

    public override string ToString() => Name;
}

public class PostProcessingTests
{
    private const float Height = 200;
    private const float Width = 180;

    public static TheoryData<PostProcessingCase> Cases => [.. PostProcessingCase.All];

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Detections_equal_the_reference(PostProcessingCase c)
    {
        using var f = new Fixture(c, 2);
        f.Run();
        for (var n = 0; n < c.Images; n++)
        {
            var expected = f.Reference(n);
            var actual = f.Detections(n);
            Assert.True(
                expected.SequenceEqual(actual),
                $"{c.Name}, image {n}: expected {expected.Count} [{string.Join(" ", expected.Take(5))}] "
                + $"actual {actual.Count} [{string.Join(" ", actual.Take(5))}]");
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Worker_counts_do_not_change_a_detection(PostProcessingCase c)
    {
        List<RawDetection>? expected = null;
        foreach (var workers in new[] { 1, 2, 3, 5 })
        {
            using var f = new Fixture(c, workers);
            f.Run();
            Assert.Equal(expected ??= f.Detections(0), f.Detections(0));
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Warm_calls_allocate_nothing(PostProcessingCase c)
    {
        using var f = new Fixture(c, 1);
        Allocations.AssertNone(c.Name, f.Run);
    }

    [Property(MaxTest = 100)]
    public void Kept_boxes_do_not_overlap_and_dropped_ones_do(int seed, byte count, bool oneClass)
    {
        var random = new Random(seed);
        var boxes = DetectionAssert.RandomBoxes(random, count);
        var scores = boxes.Select(_ => random.Next(5) / 4f).ToArray();
        var classes = boxes.Select(_ => oneClass ? 0 : random.Next(3)).ToArray();
        var kept = NonMaximumSuppression.Suppress(boxes, scores, classes, 0.5);
        Assert.Equal(kept.OrderByDescending(k => scores[k]).ThenBy(k => k), kept);
        foreach (var i in Enumerable.Range(0, count))
        {
            var overlapping = kept.Where(k => k != i && classes[k] == classes[i] && BoxMath.IoU(boxes[k], boxes[i]) > 0.5);
            Assert.Equal(!kept.Contains(i), overlapping.Any(k => scores[k] > scores[i] || (scores[k] == scores[i] && k < i)));
        }
    }

    [Fact]
    public void An_IoU_of_exactly_the_threshold_survives()
    {
        Box[] boxes = [new(0, 0, 10, 10), new(0, 0, 10, 5), new(0, 0, 10, 5.1f)];
        Assert.Equal([0, 1], NonMaximumSuppression.Suppress(boxes, [0.9f, 0.8f, 0.7f], 0.5));
    }

    [Fact]
    public void A_score_of_exactly_the_threshold_is_dropped()
    {
        // σ(0) is 0.5 exactly.
        using var arena = new CpuArena();
        var candidates = arena.Candidates(10, [(100, 100)]);
        var rule = new PostProcessingRule(1, ScoreThreshold: 0.5f);
        arena.Backend.SelectCandidates(
            arena.Map([0, 1e-6f], 1, 2, 1), arena.Map(new float[8], 1, 2, 4), arena.Anchors([new(0, 0, 9, 9), new(1, 1, 9, 9)]), rule,
            candidates);
        Assert.Equal([new Box(1, 1, 9, 9)], arena.Read(candidates, 0).Select(c => c.Box));
    }

    [Fact]
    public void Boxes_are_cut_to_the_unpadded_image()
    {
        using var arena = new CpuArena();
        var candidates = arena.Candidates(10, [(40, 30)]);
        arena.Backend.SelectCandidates(
            arena.Map([3], 1, 1, 1), arena.Map(new float[4], 1, 1, 4), arena.Anchors([new(-5, -6, 50, 60)]), new(1), candidates);
        Assert.Equal(new Box(0, 0, 30, 40), arena.Read(candidates, 0)[0].Box);
    }

    [Fact]
    public void Candidates_that_do_not_fit_are_an_error()
    {
        using var arena = new CpuArena();
        var candidates = arena.Candidates(1, [(40, 30)]);
        var logits = arena.Map([3, 4], 1, 2, 1);
        var deltas = arena.Map(new float[8], 1, 2, 4);
        var anchors = arena.Anchors([new(0, 0, 5, 5), new(0, 0, 5, 5)]);
        Assert.Throws<InvalidOperationException>(() => arena.Backend.SelectCandidates(logits, deltas, anchors, new(1), candidates));
    }

    [Fact]
    public void Keys_sort_scores_down_and_indices_up()
    {
        float[] scores = [0.5f, 1, -1, 0, -0f, 0.5f, float.PositiveInfinity];
        var order = Enumerable.Range(0, scores.Length).Select(i => ScoreOrder.Key(scores[i], i)).Order().ToArray();
        Assert.Equal([6, 1, 0, 5, 3, 4, 2], order.Select(ScoreOrder.Index));
        Assert.Equal([float.PositiveInfinity, 1, 0.5f, 0.5f, 0, 0, -1], order.Select(ScoreOrder.Score));
    }

    [Theory]
    [InlineData(0.6f, 0.6)]
    [InlineData(0.5f, 0.5)]
    [InlineData(0.05f, 0.05)]
    [InlineData(0.35f, 0.35)]
    public void Thresholds_mean_the_decimal_that_was_written(float threshold, double meant) =>
        Assert.Equal(meant, ScoreOrder.Meant(threshold));

    /// <summary>Random logits, deltas and anchors for each level.</summary>
    private sealed class Fixture : IDisposable
    {
        private readonly PostProcessingCase c;
        private readonly CpuArena arena;
        private readonly CandidateMap candidates;
        private readonly DetectionMap detections;
        private readonly List<Level> levels = [];
        private readonly PyramidMap logits;
        private readonly PyramidMap deltas;
        private readonly AnchorMap anchors;

        public Fixture(PostProcessingCase c, int workers)
        {
            this.c = c;
            arena = new CpuArena(workers);
            var random = new Random(44);
            foreach (var count in c.Anchors)
            {
                var values = DetectionAssert.RandomNormal(random, c.Images * count * c.Rule.Classes, 2, c.Mean);
                values = c.WholeLogits ? [.. values.Select(v => MathF.Round(v))] : values;
                levels.Add(new Level(
                    values, DetectionAssert.RandomNormal(random, c.Images * count * 4, 0.3), DetectionAssert.RandomBoxes(random, count)));
            }

            logits = arena.Pyramid([.. levels.Select(l => l.Logits)], c.Images, c.Anchors[0], c.Rule.Classes);
            deltas = arena.Pyramid([.. levels.Select(l => l.Deltas)], c.Images, c.Anchors[0], 4);
            anchors = arena.AnchorLevels([.. levels.Select(l => l.Anchors)]);
            candidates = arena.Candidates(c.Anchors.Length * c.Rule.TopK, [.. Enumerable.Repeat((Height, Width), c.Images)]);
            detections = arena.Detections(c.Images, c.Rule.MaxDetections);
        }

        public void Run()
        {
            arena.Backend.SelectCandidates(logits, deltas, anchors, c.Rule, candidates);
            arena.Backend.SuppressNonMaxima(candidates, c.Rule, detections);
        }

        public List<RawDetection> Detections(int image) => arena.Read(detections, image);

        public List<RawDetection> Reference(int image)
        {
            var all = new List<RawDetection>();
            foreach (var (levelLogits, levelDeltas, levelAnchors) in levels)
            {
                var (count, length) = (levelAnchors.Length, levelAnchors.Length * c.Rule.Classes);
                all.AddRange(PostProcessingReference.Select(
                    levelLogits.AsSpan(image * length, length),
                    MemoryMarshal.Cast<float, BoxDeltas>(levelDeltas).Slice(image * count, count),
                    levelAnchors, c.Rule, Height, Width));
            }

            return PostProcessingReference.Suppress(all, c.Rule);
        }

        public void Dispose() => arena.Dispose();

        private sealed record Level(float[] Logits, float[] Deltas, Box[] Anchors);
    }
}
