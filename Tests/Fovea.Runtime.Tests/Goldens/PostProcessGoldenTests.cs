using System.Runtime.InteropServices;
using System.Text.Json;
using Fovea.Detection;
using Fovea.Ops.PostProcessing;
using Fovea.CompilerServices;
using Fovea.Tests.Detection;

namespace Fovea.Tests.Goldens;

[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public class PostProcessGoldenTests
{
    [SkippableTheory]
    [GoldenData(GoldenKinds.PostProcess)]
    public void Detections_equal_torchvisions(GoldenEntry entry)
    {
        entry.Require();
        var t = entry.Tensors();
        var p = entry.Params;
        var (height, width) = GoldenDetection.Pair(p.GetProperty("tensor_size_hw"));
        var grids = GoldenDetection.Pairs(p.GetProperty("grids_hw"));
        var anchors = AnchorGenerator.Generate(GoldenDetection.DefaultLevels(), grids, height, width);
        GoldenAssert.Exact<float>(entry, "anchors", t["anchors"].F32, GoldenDetection.Flat(anchors));
        var sizes = GoldenDetection.Pairs(p.GetProperty("image_shapes_hw"));
        var levels = p.GetProperty("anchors_per_level").EnumerateArray().Select(e => e.GetInt32()).ToArray();
        var seen = new HashSet<string> { "cls_logits", "bbox_regression", "anchors" };
        foreach (var variant in p.GetProperty("variants").EnumerateArray())
        {
            var rule = Rule(variant, p.GetProperty("num_classes").GetInt32());
            var name = variant.GetProperty("name").GetString()!;
            var byBackend = ByBackend(t, anchors, grids, sizes, rule);
            for (var n = 0; n < sizes.Length; n++)
            {
                Check(entry, t, $"{name}.img{n}", ByReference(t, anchors, levels, n, sizes[n], rule), " (reference)");
                Check(entry, t, $"{name}.img{n}", byBackend[n], "");
                seen.UnionWith([$"{name}.img{n}.boxes", $"{name}.img{n}.scores", $"{name}.img{n}.labels"]);
            }
        }

        Assert.Equal(t.Keys.Order(), seen.Order());
    }

    /// <summary>torchvision's defaults where a variant does not say.</summary>
    private static PostProcessingRule Rule(JsonElement v, int classes) => new(
        classes,
        v.TryGetProperty("score_thresh", out var s) ? s.GetSingle() : 0.05f,
        v.TryGetProperty("topk_candidates", out var k) ? k.GetInt32() : 1000,
        v.TryGetProperty("nms_thresh", out var i) ? i.GetSingle() : 0.5f,
        v.TryGetProperty("detections_per_img", out var d) ? d.GetInt32() : 300);

    private static void Check(GoldenEntry entry, Dictionary<string, GoldenTensor> t, string name, List<RawDetection> actual, string by)
    {
        var labels = t[$"{name}.labels"].I64;
        var scores = t[$"{name}.scores"].F32;
        GoldenAssert.Exact<long>(entry, $"{name}.labels{by}", labels, actual.Select(d => (long)d.Channel).ToArray());
        GoldenAssert.Within(entry, $"{name}.scores{by}", scores, actual.Select(d => d.Score).ToArray(), 1e-6);
        GoldenAssert.Close(entry, $"{name}.boxes{by}", t[$"{name}.boxes"].F32, GoldenDetection.Flat([.. actual.Select(d => d.Box)]), 1e-6);
    }

    private static List<RawDetection> ByReference(
        Dictionary<string, GoldenTensor> t, Box[] anchors, int[] levels, int image, (int Height, int Width) size, PostProcessingRule rule)
    {
        var deltas = MemoryMarshal.Cast<float, BoxDeltas>(t["bbox_regression"].F32);
        var candidates = new List<RawDetection>();
        var start = 0;
        foreach (var count in levels)
        {
            var at = image * anchors.Length + start;
            candidates.AddRange(PostProcessingReference.Select(
                t["cls_logits"].F32.AsSpan(at * rule.Classes, count * rule.Classes), deltas.Slice(at, count),
                anchors.AsSpan(start, count), rule, size.Height, size.Width));
            start += count;
        }

        return PostProcessingReference.Suppress(candidates, rule);
    }

    private static List<RawDetection>[] ByBackend(
        Dictionary<string, GoldenTensor> t, Box[] anchors, (int Height, int Width)[] grids, (int Height, int Width)[] sizes,
        PostProcessingRule rule)
    {
        using var arena = new CpuArena();
        var candidates = arena.Candidates(grids.Length * rule.TopK, [.. sizes.Select(s => ((float)s.Height, (float)s.Width))]);
        var detections = arena.Detections(sizes.Length, rule.MaxDetections);
        var perCell = GoldenDetection.DefaultLevels()[0].PerCell;
        var map = new AnchorMap(arena.Place(anchors), grids[0].Height, grids[0].Width, perCell, grids.Length);
        Assert.Equal(grids, Enumerable.Range(0, grids.Length).Select(l => (map[l].Height, map[l].Width)));
        var logits = Pyramid(arena, t["cls_logits"].F32, map, sizes.Length, rule.Classes);
        var deltas = Pyramid(arena, t["bbox_regression"].F32, map, sizes.Length, 4);
        arena.Backend.SelectCandidates(logits, deltas, map, rule, candidates);
        arena.Backend.SuppressNonMaxima(candidates, rule, detections);
        return [.. Enumerable.Range(0, sizes.Length).Select(n => arena.Read(detections, n))];
    }

    /// <summary>[N, all anchors, width] as the levels of a pyramid.</summary>
    private static PyramidMap Pyramid(CpuArena arena, float[] all, AnchorMap anchors, int images, int width)
    {
        var map = new PyramidMap(0, images, anchors.Height, anchors.Width, anchors.PerCell * width, anchors.Levels);
        map = map with { Offset = arena.Allocate(map.Extent) };
        var start = 0;
        for (var level = 0; level < anchors.Levels; level++)
        {
            arena.Context.Write(map[level], Rows(all, images, anchors.Count, start, anchors[level].Count, width));
            start += anchors[level].Count;
        }

        return map;
    }

    /// <summary>One level's rows of [N, all anchors, width].</summary>
    private static float[] Rows(float[] all, int images, int anchors, int start, int count, int width) =>
        [.. Enumerable.Range(0, images).SelectMany(n => all.AsSpan((n * anchors + start) * width, count * width).ToArray())];
}
