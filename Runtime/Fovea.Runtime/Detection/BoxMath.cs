namespace Fovea.Detection;

/// <summary>
/// Overlaps of boxes in float32, operation by operation as torchvision computes them, so that comparisons with thresholds fall the same
/// way.
/// </summary>
/// <remarks>Source: torchvision/ops/boxes.py (0.14).</remarks>
internal static class BoxMath
{
    /// <summary>Area of the common part.</summary>
    public static float Intersection(in Box a, in Box b)
    {
        var width = MathF.Max(MathF.Min(a.X2, b.X2) - MathF.Max(a.X1, b.X1), 0);
        var height = MathF.Max(MathF.Min(a.Y2, b.Y2) - MathF.Max(a.Y1, b.Y1), 0);
        return width * height;
    }

    /// <summary>Intersection over union; NaN for two boxes without area (box_iou).</summary>
    public static float IoU(in Box a, in Box b)
    {
        var intersection = Intersection(a, b);
        return intersection / (a.Area + b.Area - intersection);
    }

    /// <summary>IoU − (hull − union) / hull (generalized_box_iou; arXiv:1902.09630).</summary>
    public static float GeneralizedIoU(in Box a, in Box b)
    {
        var intersection = Intersection(a, b);
        var union = a.Area + b.Area - intersection;
        var hull = Hull(a, b).Area;
        return intersection / union - (hull - union) / hull;
    }

    /// <summary>The smallest box around both.</summary>
    public static Box Hull(in Box a, in Box b) =>
        new(MathF.Min(a.X1, b.X1), MathF.Min(a.Y1, b.Y1), MathF.Max(a.X2, b.X2), MathF.Max(a.Y2, b.Y2));
}
