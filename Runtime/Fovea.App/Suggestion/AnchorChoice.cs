using Fovea.App.Inspection;

namespace Fovea.App.Suggestion;

/// <summary>Anchors that fit a set of boxes on a canvas: base size and ratios of which most boxes are covered by half.</summary>
/// <param name="BaseSize">In strides.</param>
/// <param name="Ratios">Height / width.</param>
/// <param name="Covered">Share of boxes that an anchor overlaps by 0.5 or more.</param>
/// <param name="MeanIoU">Mean of each box's best anchor.</param>
internal sealed record AnchorChoice(double BaseSize, float[] Ratios, double Covered, double MeanIoU)
{
    private static readonly double[] BaseSizes = [1, 1.5, 2, 2.5, 3, 4, 5, 6];
    private static readonly float[][] RatioSets = [[1], [0.5f, 1, 2], [0.33f, 1, 3]];

    /// <summary>The best of a grid; fewer ratios where more do not cover a hundredth more.</summary>
    /// <param name="boxes">In pixels of the canvas.</param>
    /// <param name="canvas">In pixels.</param>
    /// <param name="minLevel">First level.</param>
    /// <param name="maxLevel">Last level.</param>
    public static AnchorChoice Best(IReadOnlyList<Box> boxes, CanvasSize canvas, int minLevel, int maxLevel)
    {
        AnchorChoice? best = null;
        foreach (var ratios in RatioSets)
        {
            foreach (var size in BaseSizes)
            {
                var choice = Try(boxes, canvas, minLevel, maxLevel, size, ratios);
                best = best is null || choice.Worth > best.Worth + (ratios.Length > best.Ratios.Length ? 0.01 : 0) ? choice : best;
            }
        }

        return best!;
    }

    private double Worth => Covered + (0.5 * MeanIoU);

    private static AnchorChoice Try(IReadOnlyList<Box> boxes, CanvasSize canvas, int minLevel, int maxLevel, double size, float[] ratios)
    {
        var levels = Enumerable.Range(minLevel, maxLevel - minLevel + 1)
            .Select(l => new AnchorLevel([.. Enumerable.Range(0, 3).Select(i => MathF.Floor((float)(size * (1 << l) * Math.Pow(2, i / 3.0))))], ratios)).ToArray();
        var coverage = new AnchorCoverage(levels, minLevel);
        var overlaps = boxes.Select(b => coverage.Best(b, canvas).IoU).ToArray();
        return new AnchorChoice(size, ratios, overlaps.Count(o => o >= 0.5) / (double)overlaps.Length, overlaps.Average());
    }
}
