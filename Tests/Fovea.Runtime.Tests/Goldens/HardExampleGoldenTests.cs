using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Ops.FocalLossStar;
using Fovea.Ops.HardExamples;
using Fovea.Tests.Detection;

namespace Fovea.Tests.Goldens;

/// <summary>Online hard example mining and FL* against values of an independent script.</summary>
[Trait("Needs", "Goldens")]
public class HardExampleGoldenTests
{
    /// <summary>Anchors of a cell in the fixtures.</summary>
    private const int PerCell = 6;

    public static TheoryData<string> Entries => NextGoldens.Entries(NextGoldens.HardExamples);

    [SkippableTheory]
    [MemberData(nameof(Entries))]
    public void Scores_choice_losses_and_gradients_equal_the_scripts(string id)
    {
        var (parameters, tensors) = NextGoldens.Read(id);
        var cases = parameters.GetProperty("cases").EnumerateArray().ToArray();
        for (var i = 0; i < cases.Length; i++)
        {
            CheckCase($"{id} case {i}", cases[i], name => tensors[$"case{i}.{name}"]);
        }

        Assert.NotEmpty(cases);
        Assert.Equal(cases.Length, tensors.Keys.Count(k => k.EndsWith(".selected", StringComparison.Ordinal)));
    }

    [SkippableTheory]
    [MemberData(nameof(Entries))]
    public void FocalLossStar_equals_the_scripts(string id)
    {
        var (_, t) = NextGoldens.Read(id);
        var (logits, signs) = (t["star.logits"].F32, t["star.sign"].F64);
        var forms = t.Keys.Where(k => k.EndsWith(".loss", StringComparison.Ordinal)).Select(k => k[..^".loss".Length]).ToArray();
        Assert.NotEmpty(forms);
        foreach (var form in forms)
        {
            // "star.g2_b1": γ 2, β 1.
            var numbers = form["star.g".Length..].Split("_b").Select(n => float.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            var (losses, gradients) = Star(logits, signs, numbers[0], numbers[1]);
            for (var i = 0; i < logits.Length; i++)
            {
                var (loss, gradient) = FocalStarReference.Element(logits[i], signs[i] > 0, numbers[0], numbers[1]);
                Near($"{id} {form} reference loss [{i}]", t[$"{form}.loss"].F64[i], loss, 1e-9);
                Near($"{id} {form} reference gradient [{i}]", t[$"{form}.grad"].F64[i], gradient, 1e-9);
                Near($"{id} {form} loss [{i}]", t[$"{form}.loss"].F64[i], losses[i], 1e-5);
                Near($"{id} {form} gradient [{i}]", t[$"{form}.grad"].F64[i], gradients[i], 1e-5);
            }
        }
    }

    private static void CheckCase(string name, JsonElement parameters, Func<string, GoldenTensor> t)
    {
        var ratio = parameters.GetProperty("positive_ratio").GetString() is { } text
            ? int.Parse(text.Split(':')[1], CultureInfo.InvariantCulture)
            : 0;
        var rule = new HardExampleRule(
            parameters.GetProperty("batch_size").GetInt32(), parameters.GetProperty("nms_iou").GetSingle(), ratio,
            parameters.GetProperty("classes").GetInt32());
        var boxes = MemoryMarshal.Cast<float, Box>(t("anchors").F32).ToArray();
        var (logits, deltas) = (t("logits").F32, t("deltas").F32);
        var (matches, truths, classes) = Truths(
            boxes, t("matches").I64, t("classes").I64, MemoryMarshal.Cast<float, BoxDeltas>(t("target_deltas").F32));

        var scores = HardExampleReference.Scores(
            logits, MemoryMarshal.Cast<float, BoxDeltas>(deltas), boxes, matches, truths, classes, rule, new(BoxLossKind.L1));
        var expected = t("score").F64;
        for (var a = 0; a < scores.Length; a++)
        {
            if (matches[a] != Matcher.Ignored)
            {
                Near($"{name} score [{a}]", expected[a], scores[a], 1e-5);
            }
        }

        int[] selected = Array.ConvertAll(t("selected").I64, s => (int)s);
        Assert.Equal(selected, HardExampleReference.Select(scores, boxes, matches, rule));
        CheckBackend(name, rule, boxes, matches, truths, classes, logits, deltas, selected, t);
    }

    private static void CheckBackend(
        string name, HardExampleRule rule, Box[] boxes, int[] matches, Box[] truths, int[] classes, float[] logits, float[] deltas,
        int[] selected, Func<string, GoldenTensor> t)
    {
        using var arena = new CpuArena(2);
        var (side, levels) = Grid(boxes.Length);
        var anchors = new AnchorMap(arena.Place(boxes), side, side, PerCell, levels);
        Assert.Equal(boxes.Length, anchors.Count);
        var truth = arena.Truth([truths], [classes]);
        var found = new MatchMap(arena.Place(matches), 1, side, side, PerCell, levels);
        var kept = arena.Matches(1, anchors);
        var (x, dx) = (Levels(arena, anchors, logits, rule.Classes), Levels(arena, anchors, new float[logits.Length], rule.Classes));
        var (d, dd) = (Levels(arena, anchors, deltas, 4), Levels(arena, anchors, new float[deltas.Length], 4));
        var (classification, box) = (arena.Loss(levels), arena.Loss(levels));
        arena.Backend.SelectHardExamples(x, d, anchors, found, truth, rule, new(BoxLossKind.L1), kept);
        arena.Backend.FocalLoss(x, kept, truth, new(-1, 0, rule.Classes), classification, dx);
        arena.Backend.BoxLoss(d, anchors, kept, truth, new(BoxLossKind.L1), box, dd);

        // One image: its levels' matches lie one behind the other, as the anchors do.
        var actual = arena.Integers(kept);
        Assert.Equal(selected.Order(), Enumerable.Range(0, boxes.Length).Where(a => actual[a] != Matcher.Ignored));
        Assert.All(selected, a => Assert.Equal(matches[a], actual[a]));
        Near($"{name} classification", t("classification").F64[0], arena.Floats(classification.Offset, levels).Sum(), 1e-5);
        Near($"{name} box", t("box").F64[0], arena.Floats(box.Offset, levels).Sum(), 1e-5);
        CheckGradients($"{name} dlogits", t("d_logits").F64, Read(arena, dx));
        CheckGradients($"{name} ddeltas", t("d_deltas").F64, Read(arena, dd));
    }

    private static void CheckGradients(string name, double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var greatest = expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= 1e-5 * greatest,
                $"{name} [{i}] expected {expected[i]} actual {actual[i]} tolerance {1e-5 * greatest:G3}");
        }
    }

    /// <summary>The fixtures have deltas to aim at for each anchor by itself: each foreground anchor has a box of its own.</summary>
    private static (int[] Matches, Box[] Boxes, int[] Classes) Truths(
        Box[] anchors, long[] matches, long[] classes, ReadOnlySpan<BoxDeltas> targets)
    {
        var (found, boxes, channels) = (new int[matches.Length], new List<Box>(), new List<int>());
        for (var a = 0; a < matches.Length; a++)
        {
            found[a] = (int)matches[a];
            if (matches[a] >= 0)
            {
                found[a] = boxes.Count;
                boxes.Add(BoxCoder.Decode(targets[a], anchors[a]));
                channels.Add((int)classes[matches[a]]);
            }
        }

        return (found, [.. boxes], [.. channels]);
    }

    /// <summary>The square grid of cells whose levels, each half of the one before, have so many anchors.</summary>
    private static (int Side, int Levels) Grid(int count) =>
        (from side in Enumerable.Range(1, 64)
         from levels in Enumerable.Range(1, 5)
         where new AnchorMap(0, side, side, PerCell, levels).Count == count
         select (side, levels)).First();

    private static PyramidMap Levels(CpuArena arena, AnchorMap anchors, float[] values, int width)
    {
        var map = new PyramidMap(0, 1, anchors.Height, anchors.Width, PerCell * width, anchors.Levels);
        map = map with { Offset = arena.Place(new float[map.Extent]) };
        var start = 0;
        for (var level = 0; level < map.Levels; level++)
        {
            arena.Context.Write(map[level], values.AsSpan(start, (int)map[level].Length));
            start += (int)map[level].Length;
        }

        return map;
    }

    private static float[] Read(CpuArena arena, PyramidMap map) =>
        [.. Enumerable.Range(0, map.Levels).SelectMany(level => arena.Floats(map[level]))];

    /// <summary>Each element as an image of its own, one anchor, one class: the loss comes back element by element.</summary>
    private static (float[] Losses, float[] Gradients) Star(float[] logits, double[] signs, float gamma, float beta)
    {
        var (losses, gradients) = (new float[logits.Length], new float[logits.Length]);
        using var arena = new CpuArena(1);
        var truth = arena.Truth([[new Box(0, 0, 1, 1)]], [[0]]);
        var (match, map, gradient, loss) = (arena.Matches(1, [0]), arena.Map(1, 1, 1), arena.Map(1, 1, 1), arena.Loss());
        for (var i = 0; i < logits.Length; i++)
        {
            arena.Context.Write(map.Offset, [logits[i]]);
            arena.Context.Write(match.Offset, [signs[i] > 0 ? 0 : Matcher.Background]);
            arena.Backend.FocalLossStar(map, match, truth, new(gamma, beta, 1), loss, gradient);
            (losses[i], gradients[i]) = (arena.Value(loss), arena.Floats(gradient)[0]);
        }

        return (losses, gradients);
    }

    private static void Near(string name, double expected, double actual, double relative) => Assert.True(
        Math.Abs(expected - actual) <= (relative * Math.Abs(expected)) + 1e-9, $"{name} expected {expected:R} actual {actual:R}");
}
