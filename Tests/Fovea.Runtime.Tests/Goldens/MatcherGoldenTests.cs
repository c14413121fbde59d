using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fovea.Detection;
using Fovea.CompilerServices;
using Fovea.Tests.Detection;

namespace Fovea.Tests.Goldens;

[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public partial class MatcherGoldenTests
{
    [SkippableTheory]
    [GoldenData(GoldenKinds.Matcher)]
    public void Matches_equal_torchvisions(GoldenEntry entry)
    {
        entry.Require();
        var t = entry.Tensors();
        var unused = t.Keys.ToHashSet();
        foreach (var c in entry.Params.GetProperty("cases").EnumerateArray())
        {
            var name = c.GetProperty("name").GetString()!;
            var rule = new MatchingRule(
                c.GetProperty("high").GetSingle(), c.GetProperty("low").GetSingle(),
                c.GetProperty("allow_low_quality_matches").GetBoolean(), SkipUncovered: false);
            var quality = t[$"{name}.quality"];
            var expected = t[$"{name}.matches"].I64.Select(v => (int)v).ToArray();
            var actual = new int[expected.Length];
            Matcher.Match(quality.F32, quality.Shape[0], rule, actual);
            GoldenAssert.Exact<int>(entry, $"{name}.matches", expected, actual);
            unused.ExceptWith([$"{name}.quality", $"{name}.matches"]);
            if (c.TryGetProperty("gt", out var gt))
            {
                unused.Remove(gt.GetString()!);
                CheckBoxes(entry, c, name, rule, GoldenDetection.Boxes(t[gt.GetString()!]), quality, expected);
            }
        }

        Assert.True(unused.Count == 0, $"{entry.Id}: no case uses {string.Join(", ", unused)}.");
    }

    private static void CheckBoxes(
        GoldenEntry entry, JsonElement c, string name, MatchingRule rule, Box[] truths, GoldenTensor quality, int[] expected)
    {
        var size = CanvasSize().Match(c.GetProperty("anchors").GetString()!);
        Assert.True(size.Success, $"{entry.Id} {name}: expected 'default anchors for HxW'.");
        var (height, width) = (Integer(size, 1), Integer(size, 2));
        var grids = GoldenDetection.Grids(height, width);
        var levels = GoldenDetection.DefaultLevels();
        var anchors = AnchorGenerator.Generate(levels, grids, height, width);
        var iou = truths.SelectMany(g => anchors.Select(a => BoxMath.IoU(g, a))).ToArray();
        GoldenAssert.Exact<float>(entry, $"{name}.quality", quality.F32, iou);

        var byBoxes = new int[anchors.Length];
        Matcher.Match(truths, anchors, rule, byBoxes);
        GoldenAssert.Exact<int>(entry, $"{name}.matches (boxes)", expected, byBoxes);
        GoldenAssert.Exact<int>(entry, $"{name}.matches (backend)", expected, ByBackend(levels, grids, height, width, truths, rule));
    }

    private static int[] ByBackend(
        AnchorLevel[] levels, (int Height, int Width)[] grids, int height, int width, Box[] truths, MatchingRule rule)
    {
        using var arena = new CpuArena();
        var anchors = new AnchorMap(0, grids[0].Height, grids[0].Width, levels[0].PerCell, levels.Length);
        anchors = anchors with { Offset = arena.Allocate(4L * anchors.Count) };
        Assert.Equal(grids, Enumerable.Range(0, levels.Length).Select(l => (anchors[l].Height, anchors[l].Width)));
        arena.Backend.GenerateAnchors(levels, height, width, anchors);
        var matches = arena.Matches(1, anchors);
        var truth = arena.Truth([truths], [new int[truths.Length]]);
        arena.Backend.MatchAnchors(anchors, truth, rule, matches);
        return arena.Integers(matches);
    }

    private static int Integer(Match m, int group) => int.Parse(m.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"default anchors for (\d+)x(\d+)")]
    private static partial Regex CanvasSize();
}
