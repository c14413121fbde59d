using System.Runtime.InteropServices;
using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.Ops.FocalLoss;
using Fovea.Ops.HardExamples;
using Fovea.Tests.Support;

namespace Fovea.Tests.Detection;

/// <summary>A mining to check: the choice, the losses of what is chosen, aliases, workers and allocations use the same table.</summary>
public sealed record HardExampleCase(
    string Name, int Canvas, int Levels, int Classes, int BatchSize, float NmsIoU = 0.7f, int PositiveRatio = 0, int Images = 2,
    int Objects = 5, BoxLossKind Kind = BoxLossKind.L1, float BoxWeight = 1, int Stride = 0)
{
    public static IReadOnlyList<HardExampleCase> All { get; } =
    [
        new("paper's", 128, 4, 3, 128),
        new("NMS at 0.5", 128, 4, 3, 128, 0.5f),
        new("1:3", 128, 4, 3, 64, 0.5f, 3),
        new("1:3 of a large batch", 128, 3, 5, 4000, 0.7f, 3),
        new("1:3 without objects", 96, 3, 1, 32, 0.5f, 3, Objects: 0),
        new("without objects", 96, 3, 1, 32, 0.5f, Objects: 0),
        new("all that stay", 96, 3, 2, 100_000, 0.5f),
        new("no suppression", 96, 3, 2, 50, 1),
        new("strong suppression", 128, 4, 2, 100_000, 0.05f),
        new("one example", 64, 2, 2, 1),
        new("1:1000", 128, 3, 2, 1500, 0.6f, 1000),
        new("one level of one cell", 8, 1, 4, 10),
        new("an odd canvas, strides of powers", 100, 5, 2, 200, 0.5f, 3, Stride: 8),
        new("an odd canvas", 100, 5, 2, 200, 0.5f),
        new("GIoU, weighted", 96, 3, 2, 64, Kind: BoxLossKind.GIoU, BoxWeight: 2),
        new("many classes, three images", 64, 3, 91, 64, Images: 3),
    ];

    public HardExampleRule Rule => new(BatchSize, NmsIoU, PositiveRatio, Classes);

    public BoxLossRule Box => new(Kind, 0, BoxWeight);

    public override string ToString() => Name;
}

public class HardExampleTests
{
    public static TheoryData<HardExampleCase> Cases => [.. HardExampleCase.All];

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void The_anchors_that_are_kept_are_the_references(HardExampleCase c)
    {
        using var f = new HardExampleFixture(c, 2);
        f.Select();
        for (var n = 0; n < c.Images; n++)
        {
            var (matches, chosen) = (f.Matches(n), f.Reference(n));
            var expected = Enumerable.Repeat(Matcher.Ignored, matches.Length).ToArray();
            foreach (var anchor in chosen)
            {
                expected[anchor] = matches[anchor];
            }

            Assert.Equal(expected, f.Selected(n));
            Assert.Equal(LossWeighting.PerImage(c.Images, chosen.Count(a => matches[a] >= 0)), f.Weights[n]);
            Assert.NotEmpty(chosen);
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Losses_and_gradients_are_those_of_what_is_kept(HardExampleCase c)
    {
        using var f = new HardExampleFixture(c, 2);
        f.Run();
        var (classification, box, dlogits, ddeltas) = f.ReferenceLosses();
        DetectionAssert.Close($"{c.Name} classification", [classification], [f.Classification], 1e-6);
        Assert.True(Math.Abs(box - f.BoxLoss) <= 1e-5 * Math.Max(1, box), $"{c.Name} box: expected {box} actual {f.BoxLoss}");
        DetectionAssert.Close($"{c.Name} dlogits", dlogits, f.LogitGradients, 1e-6);
        Numbers.Close($"{c.Name} ddeltas", ddeltas, f.DeltaGradients, 1e-5, least: 1e-6);
    }

    /// <summary>The choice is a constant: differences are taken with what was chosen.</summary>
    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Gradients_are_the_differences_of_the_losses_of_what_is_kept(HardExampleCase c)
    {
        using var f = new HardExampleFixture(c, 1);
        f.Run();
        var (logits, deltas) = (f.LogitGradients, f.DeltaGradients);
        var chosen = Enumerable.Range(0, c.Images).Select(f.Reference).ToArray();
        var random = new Random(3);
        for (var sample = 0; sample < 12; sample++)
        {
            var anchor = chosen[0][random.Next(chosen[0].Length)];
            Check(f.LogitValues, logits, (anchor * c.Classes) + random.Next(c.Classes));
            Check(f.DeltaValues, deltas, (anchor * 4) + random.Next(4));
        }

        void Check(float[] values, float[] gradient, int at)
        {
            const float H = 1e-3f;
            var x = values[at];
            var (above, below) = (x + H, x - H);
            double Loss(float value)
            {
                values[at] = value;
                var (classification, box, _, _) = f.ReferenceLosses(chosen);
                return classification + box;
            }

            var expected = (Loss(above) - Loss(below)) / ((double)above - below);
            values[at] = x;
            Assert.True(
                Math.Abs(expected - gradient[at]) <= 1e-3 * Math.Max(1e-2, Math.Abs(expected)),
                $"{c.Name} [{at}]: expected {expected:R} actual {gradient[at]:R}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Worker_counts_do_not_change_a_bit(HardExampleCase c)
    {
        using var one = new HardExampleFixture(c, 1);
        one.Run();
        foreach (var workers in (int[])[2, 3, 4])
        {
            using var f = new HardExampleFixture(c, workers);
            f.Run();
            Numbers.SameBits($"{c.Name}, {workers} workers", one.Everything, f.Everything);
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void The_choice_may_lie_in_the_place_of_the_matches(HardExampleCase c)
    {
        using var apart = new HardExampleFixture(c, 2);
        using var within = new HardExampleFixture(c, 2);
        apart.Select();
        within.SelectInPlace();
        Assert.Equal(apart.Selected(0), within.Matches(0));
        Assert.Equal(apart.Selected(c.Images - 1), within.Matches(c.Images - 1));
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Warm_calls_allocate_nothing(HardExampleCase c)
    {
        using var f = new HardExampleFixture(c, 1);
        Allocations.AssertNone(c.Name, f.Select);
    }

    /// <summary>At 800×800 there are 120 087 anchors, which no matrix of overlaps could hold.</summary>
    [Theory]
    [InlineData(800, 0, 120_087)]
    [InlineData(320, 3, 19_206)]
    public void A_full_canvas_is_mined_as_the_reference_mines_it(int canvas, int ratio, int anchors)
    {
        var c = new HardExampleCase("full", canvas, 5, 1, 512, 0.5f, ratio, Images: 1, Objects: 12);
        using var f = new HardExampleFixture(c, 2);
        f.Select();
        Assert.Equal(anchors, f.Matches(0).Length);
        Assert.Equal(f.Reference(0).Order(), Kept(f));
    }

    [Fact]
    public void Equal_losses_are_kept_by_the_lower_index()
    {
        var c = new HardExampleCase("equal", 64, 2, 1, 7, 1, Images: 1, Objects: 0);
        using var f = new HardExampleFixture(c, 2, deviation: 0);
        f.Select();
        Assert.Equal(Enumerable.Range(0, 7), Kept(f));
    }

    [Fact]
    public void A_logit_that_is_no_number_is_kept_and_shows_in_the_loss()
    {
        var c = new HardExampleCase("NaN", 64, 2, 2, 4, Images: 1, Objects: 0);
        using var f = new HardExampleFixture(c, 1);
        f.SetLogit(100, float.NaN);
        f.Run();
        Assert.Equal(Matcher.Background, f.Selected(0)[50]);
        Assert.True(float.IsNaN(f.Classification), $"loss {f.Classification}, expected NaN");
    }

    [Theory]
    [InlineData(0, 0.5f, 0)]
    [InlineData(1, 0, 0)]
    [InlineData(1, float.NaN, 0)]
    [InlineData(1, 0.5f, -1)]
    public void Rules_out_of_range_are_refused(int batch, float iou, int ratio)
    {
        using var f = new HardExampleFixture(new("odd", 64, 2, 2, batch, iou, ratio), 1);
        Assert.Throws<ArgumentException>(f.Select);
    }

    private static int[] Kept(HardExampleFixture f)
    {
        var selected = f.Selected(0);
        return [.. Enumerable.Range(0, selected.Length).Where(a => selected[a] != Matcher.Ignored)];
    }
}

/// <summary>Anchors, ground truth on the canvas, its matches, random logits and deltas.</summary>
internal sealed class HardExampleFixture : IDisposable
{
    private readonly HardExampleCase c;
    private readonly CpuArena arena;
    private readonly AnchorMap anchors;
    private readonly GroundTruthMap truth;
    private readonly PyramidMap logits;
    private readonly PyramidMap deltas;
    private readonly PyramidMap dlogits;
    private readonly PyramidMap ddeltas;
    private readonly MatchMap matches;
    private readonly MatchMap selected;
    private readonly LossTerm classTerm;
    private readonly LossTerm boxTerm;
    private readonly Box[][] truths;
    private readonly int[][] classes;

    public HardExampleFixture(HardExampleCase c, int workers, double deviation = 1.5)
    {
        this.c = c;
        arena = new CpuArena(workers, 1 << 23);
        var random = new Random(11);
        var cells = (c.Canvas + 7) / 8;
        anchors = new AnchorMap(0, cells, cells, 9, c.Levels);
        anchors = anchors with { Offset = arena.Place(new Box[anchors.Count]) };
        arena.Backend.GenerateAnchors(
            [.. Enumerable.Range(3, c.Levels).Select(l => new AnchorLevel(
                [4 << l, MathF.Floor((4 << l) * 1.26f), MathF.Floor((4 << l) * 1.59f)], [0.5f, 1, 2], c.Stride == 0 ? 0 : 1 << l))],
            c.Canvas, c.Canvas, anchors);
        truths = [.. Enumerable.Range(0, c.Images).Select(n => Boxes(random, n == 1 ? c.Objects / 2 : c.Objects))];
        classes = [.. truths.Select(t => t.Select(_ => random.Next(c.Classes)).ToArray())];
        truth = arena.Truth(truths, classes);
        matches = arena.Matches(c.Images, anchors);
        selected = arena.Matches(c.Images, anchors);
        arena.Backend.MatchAnchors(anchors, truth, new MatchingRule(), matches);
        LogitValues = DetectionAssert.RandomNormal(random, c.Images * anchors.Count * c.Classes, deviation, -1);
        DeltaValues = DetectionAssert.RandomNormal(random, c.Images * anchors.Count * 4, 0.4);
        (logits, dlogits) = (Place(LogitValues, c.Classes), Place(null, c.Classes));
        (deltas, ddeltas) = (Place(DeltaValues, 4), Place(null, 4));
        (classTerm, boxTerm) = (arena.Loss(c.Levels), arena.Loss(c.Levels));
    }

    /// <summary>Logits <c>[N, anchors, K]</c> and deltas <c>[N, anchors, 4]</c> over all levels: what the reference reads.</summary>
    public float[] LogitValues { get; }

    public float[] DeltaValues { get; }

    public float[] Weights => arena.Floats(truth.LossWeights, c.Images);

    public float Classification => arena.Floats(classTerm.Offset, c.Levels).Sum();

    public float BoxLoss => arena.Floats(boxTerm.Offset, c.Levels).Sum();

    public float[] LogitGradients => Read(dlogits, c.Classes);

    public float[] DeltaGradients => Read(ddeltas, 4);

    public float[] Everything => arena.Floats(0, boxTerm.Offset + c.Levels);

    private Box[] AnchorBoxes => arena.Boxes(anchors.Offset, anchors.Count);

    public void Select() => arena.Backend.SelectHardExamples(logits, deltas, anchors, matches, truth, c.Rule, c.Box, selected);

    public void SelectInPlace() => arena.Backend.SelectHardExamples(logits, deltas, anchors, matches, truth, c.Rule, c.Box, matches);

    public void Run()
    {
        Select();
        arena.Backend.FocalLoss(logits, selected, truth, new(-1, 0, c.Classes), classTerm, dlogits);
        arena.Backend.BoxLoss(deltas, anchors, selected, truth, c.Box, boxTerm, ddeltas);
    }

    /// <summary>A logit of the first image's finest level.</summary>
    public void SetLogit(int at, float value) => arena.Context.Write(logits.Offset + at, [value]);

    public int[] Matches(int image) => Of(matches, image);

    public int[] Selected(int image) => Of(selected, image);

    public int[] Reference(int n)
    {
        var (boxes, found) = (AnchorBoxes, Matches(n));
        var scores = HardExampleReference.Scores(
            LogitValues.AsSpan(n * boxes.Length * c.Classes, boxes.Length * c.Classes),
            MemoryMarshal.Cast<float, BoxDeltas>(DeltaValues).Slice(n * boxes.Length, boxes.Length), boxes, found, truths[n], classes[n],
            c.Rule, c.Box);
        return HardExampleReference.Select(scores, boxes, found, c.Rule);
    }

    public (double Classification, double Box, double[] LogitGradients, double[] DeltaGradients) ReferenceLosses(int[][]? chosen = null)
    {
        var boxes = AnchorBoxes;
        var (sum, boxSum, dx, dd) = (0.0, 0.0, new double[LogitValues.Length], new double[DeltaValues.Length]);
        var rows = MemoryMarshal.Cast<float, BoxDeltas>(DeltaValues);
        for (var n = 0; n < c.Images; n++)
        {
            var found = Matches(n);
            var kept = chosen?[n] ?? Reference(n);
            var scale = 1.0 / (c.Images * Math.Max(1, kept.Count(a => found[a] >= 0)));
            foreach (var a in kept)
            {
                var row = (n * boxes.Length) + a;
                for (var k = 0; k < c.Classes; k++)
                {
                    var isPositive = found[a] >= 0 && classes[n][found[a]] == k;
                    var (loss, slope) = FocalReference.Element(LogitValues[(row * c.Classes) + k], isPositive, -1, 0);
                    (sum, dx[(row * c.Classes) + k]) = (sum + (loss * scale), slope * scale);
                }

                if (found[a] >= 0)
                {
                    var dual = BoxLossReference.Evaluate(rows[row], boxes[a], truths[n][found[a]], c.Box);
                    boxSum += dual.Value * scale * c.BoxWeight;
                    double[] slopes = [dual.D0, dual.D1, dual.D2, dual.D3];
                    slopes.Select(s => s * scale * c.BoxWeight).ToArray().CopyTo(dd, 4 * row);
                }
            }
        }

        return (sum, boxSum, dx, dd);
    }

    public void Dispose() => arena.Dispose();

    private Box[] Boxes(Random random, int count) =>
    [
        .. Enumerable.Range(0, count).Select(_ =>
        {
            var (w, h) = (random.Next(12, (c.Canvas * 2 / 3) + 13), random.Next(12, (c.Canvas * 2 / 3) + 13));
            var (x, y) = (random.Next(0, Math.Max(1, c.Canvas - w)), random.Next(0, Math.Max(1, c.Canvas - h)));
            return new Box(x, y, x + w, y + h);
        }),
    ];

    /// <summary>From [N, anchors of all levels, width] to a pyramid.</summary>
    private PyramidMap Place(float[]? values, int width)
    {
        var map = new PyramidMap(0, c.Images, anchors.Height, anchors.Width, 9 * width, c.Levels);
        map = map with { Offset = arena.Place(new float[map.Extent]) };
        if (values is not null)
        {
            ForEachRun(map, width, (at, start, length) => arena.Context.Write(at, values.AsSpan(start, length)));
        }

        return map;
    }

    private float[] Read(PyramidMap map, int width)
    {
        var values = new float[c.Images * anchors.Count * width];
        ForEachRun(map, width, (at, start, length) => arena.Floats(at, length).CopyTo(values, start));
        return values;
    }

    private void ForEachRun(PyramidMap map, int width, Action<long, int, int> action)
    {
        for (var n = 0; n < c.Images; n++)
        {
            var start = n * anchors.Count * width;
            for (var level = 0; level < c.Levels; level++)
            {
                var length = anchors[level].Count * width;
                action(map[level].Offset + ((long)n * length), start, length);
                start += length;
            }
        }
    }

    private int[] Of(MatchMap map, int image) =>
    [
        .. Enumerable.Range(0, c.Levels).Select(l => map[l])
            .SelectMany(m => arena.Integers(m.Offset + ((long)image * m.Anchors), m.Anchors)),
    ];
}
