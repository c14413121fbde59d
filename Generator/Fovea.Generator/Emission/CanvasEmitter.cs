using Fovea.Generator.Graph;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Emission;

/// <summary>
/// The struct that knows the extents of maps on one canvas, and the arithmetic of lengths: what the layouts of both plans use.
/// </summary>
internal static class CanvasEmitter
{
    public static void Write(IndentedWriter w, params MemoryPlan[] plans)
    {
        var used = plans
            .SelectMany(plan => plan.Lifetimes.Storages.Select(storage => storage.Shape).Concat(plan.Owned.Select(value => value.Shape)))
            .Where(shape => shape.Extent == Extent.Cells).Distinct().ToList();
        var levels = used.SelectMany(shape => shape.LevelHalvings).Distinct().ToList();
        var ranges = used.Where(shape => shape.IsRange).GroupBy(Length.Suffix).Select(group => group.First()).ToList();
        var all = Enumerable.Range(0, levels.Max() + 1).ToList();
        w.Line("/// <summary>The extents of maps on one canvas: every level halves upwards.</summary>");
        using (w.Block("internal readonly struct Canvas"))
        {
            w.List("public readonly int Images, ", all.Select(h => $"H{1 << h}, W{1 << h}"), ";");
            w.Gap();
            w.List("public readonly long ", all.Select(h => $"Cells{1 << h}"), ";");
            w.Gap();
            using (w.Block("public Canvas(int images, int height, int width)"))
            {
                w.Line("Images = images;");
                w.Line("(H1, W1, Cells1) = (height, width, (long)height * width);");
                foreach (var h in all.Where(h => h > 0))
                {
                    var (fine, coarse) = (1 << (h - 1), 1 << h);
                    w.Line($"(H{coarse}, W{coarse}) = ((H{fine} + 1) / 2, (W{fine} + 1) / 2);");
                    w.Line($"Cells{coarse} = (long)H{coarse} * W{coarse};");
                }
            }

            foreach (var stride in all.Where(levels.Contains).Select(h => 1 << h))
            {
                w.Gap();
                w.Line($"/// <summary>A map with one cell for {stride}×{stride} pixels.</summary>");
                w.Line($"public FeatureMap At{stride}(long slot, int channels) => new(slot, Images, H{stride}, W{stride}, channels);");
            }

            ranges.ForEach(range => WriteRange(w, range, Length.Suffix(range)));
        }

        w.Gap();
        WriteArithmetic(w);
    }

    private static void WriteRange(IndentedWriter w, Shape range, string name)
    {
        var cells = range.LevelHalvings.Select(h => $"Cells{1 << h}").ToList();
        w.Gap();
        w.Line($"/// <summary>Cells of {range.Levels} levels, one behind the other.</summary>");
        w.Line($"public long Cells{name} => {string.Join(" + ", cells)};");
        w.Gap();
        w.Line("/// <summary>Elements of a pyramid for one image: every level begins at a multiple of 64 bytes.</summary>");
        w.Line($"public long Length{name}(int channels) =>");
        w.Line($"    {string.Join(" + ", cells.Select(level => $"RoundUp({level} * channels)"))};");
        w.Gap();
        w.Line($"/// <summary>A pyramid whose finest level has one cell for {range.Stride}×{range.Stride} pixels.</summary>");
        w.Line($"public PyramidMap At{name}(long slot, int channels) =>");
        w.Line($"    new(slot, Images, H{range.Stride}, W{range.Stride}, channels, Levels: {range.Levels});");
    }

    private static void WriteArithmetic(IndentedWriter w) => w.Line(
        """
        /// <summary>To multiples of 64 bytes.</summary>
        private static long RoundUp(long length) => (length + 15) / 16 * 16;

        private static long Max(params global::System.ReadOnlySpan<long> lengths)
        {
            var longest = 0L;
            foreach (var length in lengths)
            {
                longest = long.Max(longest, length);
            }

            return longest;
        }
        """);
}
