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
            .Select(shape => shape.Halvings).Distinct().ToList();
        var all = Enumerable.Range(0, used.Max() + 1).ToList();
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

            foreach (var stride in all.Where(used.Contains).Select(h => 1 << h))
            {
                w.Gap();
                w.Line($"/// <summary>A map with one cell for {stride}×{stride} pixels.</summary>");
                w.Line($"public FeatureMap At{stride}(long slot, int channels) => new(slot, Images, H{stride}, W{stride}, channels);");
            }
        }

        w.Gap();
        WriteArithmetic(w);
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
