using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Fovea.Detection;
using Fovea.Tests.Detection;
using Fovea.CompilerServices;

namespace Fovea.Tests.Goldens;

[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public class AnchorGoldenTests
{
    [SkippableTheory]
    [GoldenData(GoldenKinds.Anchors)]
    public void Anchors_equal_torchvisions(GoldenEntry entry)
    {
        entry.Require();
        if (entry.Has(""))
        {
            CheckTensors(entry);
        }
        else
        {
            CheckDigest(entry);
        }
    }

    private static void CheckTensors(GoldenEntry entry)
    {
        var p = entry.Params;
        var levels = Levels(p);
        var grids = GoldenDetection.Pairs(p.GetProperty("grids_hw"));
        var (height, width) = GoldenDetection.Pair(p.GetProperty("tensor_size_hw"));
        if (p.TryGetProperty("strides_hw", out var strides))
        {
            CheckStrides(entry, levels, grids, height, width, GoldenDetection.Pairs(strides));
        }

        foreach (var (name, tensor) in entry.Tensors())
        {
            var actual = name switch
            {
                "anchors" => AnchorGenerator.Generate(levels, grids, height, width),
                "cell_anchors" => levels.SelectMany(AnchorGenerator.BaseAnchors).ToArray(),
                _ when name.StartsWith("cell_anchors.", StringComparison.Ordinal) =>
                    AnchorGenerator.BaseAnchors(levels[GoldenDetection.Number(name)]),
                _ => throw new InvalidDataException($"{entry.Id}: tensor {name} is unknown to the test."),
            };
            GoldenAssert.Exact<float>(entry, name, tensor.F32, MemoryMarshal.Cast<Box, float>(actual));
            if (name == "anchors")
            {
                GoldenAssert.Exact<float>(
                    entry, "anchors (backend)", tensor.F32, MemoryMarshal.Cast<Box, float>(ByBackend(levels, grids, height, width)));
            }
        }
    }

    private static void CheckDigest(GoldenEntry entry)
    {
        using var json = entry.Json();
        var d = json.RootElement;
        var (height, width) = GoldenDetection.Pair(entry.Params.GetProperty("tensor_size_hw"));
        var grids = GoldenDetection.Pairs(d.GetProperty("grids_hw"));
        var levels = GoldenDetection.DefaultLevels();
        var boxes = AnchorGenerator.Generate(levels, grids, height, width);
        CheckStrides(entry, levels, grids, height, width, GoldenDetection.Pairs(d.GetProperty("strides_hw")));
        GoldenAssert.Exact<int>(entry, "num_anchors", [d.GetProperty("num_anchors").GetInt32()], [boxes.Length]);
        CheckRows(entry, d, "first_rows", boxes.Take(d.GetProperty("first_rows").GetArrayLength()));
        CheckRows(entry, d, "last_rows", boxes.TakeLast(d.GetProperty("last_rows").GetArrayLength()));
        var starts = d.GetProperty("level_start_row").EnumerateArray().Select(e => e.GetInt32()).ToArray();
        CheckRows(entry, d, "first_row_of_each_level", starts.SkipLast(1).Select(s => boxes[s]));
        CheckSums(entry, d, boxes, starts);
        var hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(boxes.AsSpan())));
        GoldenAssert.Exact<string>(entry, "sha256", [d.GetProperty("sha256_of_float32_le_bytes").GetString()!], [hash]);
    }

    private static void CheckSums(GoldenEntry entry, JsonElement d, Box[] boxes, int[] starts)
    {
        var flat = MemoryMarshal.Cast<Box, float>(boxes).ToArray();
        var weighted = d.EnumerateObject().Single(e => e.Name.StartsWith("weighted_sum", StringComparison.Ordinal)).Value.GetDouble();
        GoldenAssert.Exact<double>(
            entry,
            "sums",
            [d.GetProperty("sum").GetDouble(), d.GetProperty("sum_sq").GetDouble(), weighted],
            [flat.Sum(v => (double)v), flat.Sum(v => (double)v * v), flat.Select((v, i) => (double)v * (i % 1009 + 1)).Sum()]);
        var perLevel = starts.Zip(starts.Skip(1)).Select(r => flat[(4 * r.First)..(4 * r.Second)].Sum(v => (double)v)).ToArray();
        GoldenAssert.Exact<double>(
            entry, "per_level_sum", d.GetProperty("per_level_sum").EnumerateArray().Select(e => e.GetDouble()).ToArray(), perLevel);
    }

    private static void CheckRows(GoldenEntry entry, JsonElement d, string name, IEnumerable<Box> actual)
    {
        var expected = d.GetProperty(name).EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(e => e.GetSingle()).ToArray();
        GoldenAssert.Exact<float>(entry, name, expected, MemoryMarshal.Cast<Box, float>(actual.ToArray()));
    }

    private static void CheckStrides(
        GoldenEntry entry, AnchorLevel[] levels, (int Height, int Width)[] grids, int height, int width,
        (int Height, int Width)[] expected) =>
        GoldenAssert.Exact<(int, int)>(
            entry,
            "strides_hw",
            expected,
            levels.Zip(grids).Select(l => AnchorGenerator.Strides(l.First, l.Second.Height, l.Second.Width, height, width)).ToArray());

    private static Box[] ByBackend(AnchorLevel[] levels, (int Height, int Width)[] grids, int height, int width)
    {
        using var arena = new CpuArena();
        var result = new List<Box>();
        foreach (var (level, grid) in levels.Zip(grids))
        {
            var count = grid.Height * grid.Width * level.PerCell;
            var map = new AnchorMap(arena.Allocate(4L * count), grid.Height, grid.Width, level.PerCell);
            arena.Backend.GenerateAnchors([level], height, width, map);
            result.AddRange(arena.Boxes(map.Offset, count));
        }

        return [.. result];
    }

    /// <summary>Sizes for each level; ratios for each level, or one list for all.</summary>
    private static AnchorLevel[] Levels(JsonElement p)
    {
        var sizes = p.GetProperty("sizes").EnumerateArray().Select(GoldenDetection.Floats).ToArray();
        var ratios = p.GetProperty("aspect_ratios");
        return [.. sizes.Select(
            (s, i) => new AnchorLevel(s, GoldenDetection.Floats(ratios[0].ValueKind == JsonValueKind.Array ? ratios[i] : ratios)))];
    }
}
