using Fovea.Detection;

namespace Fovea.Ops.Anchors;

/// <summary>One anchor by its index, in double: what <see cref="AnchorGenerator"/> is tested against.</summary>
/// <remarks>Source: torchvision/models/detection/anchor_utils.py (0.14), generate_anchors and grid_anchors.</remarks>
internal static class AnchorReference
{
    /// <summary>Anchor number <paramref name="index"/> of a level, counted in the order (y, x, anchor).</summary>
    public static (double X1, double Y1, double X2, double Y2) At(
        AnchorLevel level, int gridHeight, int gridWidth, int canvasHeight, int canvasWidth, int index)
    {
        var (cell, anchor) = Math.DivRem(index, level.PerCell);
        var (y, x) = Math.DivRem(cell, gridWidth);
        var (size, ratio) = level.SizeMajor
            ? Math.DivRem(anchor, level.Ratios.Length)
            : (anchor % level.Sizes.Length, anchor / level.Sizes.Length);

        // Area s², height / width = r.
        var halfWidth = level.Sizes[size] / Math.Sqrt(level.Ratios[ratio]) / 2;
        var halfHeight = level.Sizes[size] * Math.Sqrt(level.Ratios[ratio]) / 2;
        if (level.Rounded)
        {
            halfWidth = Math.Round(halfWidth, MidpointRounding.ToEven);
            halfHeight = Math.Round(halfHeight, MidpointRounding.ToEven);
        }

        double centreX = x * (level.Stride > 0 ? level.Stride : canvasWidth / gridWidth);
        double centreY = y * (level.Stride > 0 ? level.Stride : canvasHeight / gridHeight);
        return (centreX - halfWidth, centreY - halfHeight, centreX + halfWidth, centreY + halfHeight);
    }
}
