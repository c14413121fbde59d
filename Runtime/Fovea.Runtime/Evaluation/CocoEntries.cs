namespace Fovea;

/// <summary>A box as COCO writes it: upper left corner and size, in double.</summary>
/// <param name="X">Left.</param>
/// <param name="Y">Top.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public readonly record struct CocoBox(double X, double Y, double Width, double Height)
{
    /// <summary>Width · height.</summary>
    public double Area => Width * Height;

    /// <summary>From corners.</summary>
    public static CocoBox From(Box box) => new(box.X1, box.Y1, (double)box.X2 - box.X1, (double)box.Y2 - box.Y1);

    /// <summary>
    /// Intersection over union, or over the detection's own area where the ground truth is a crowd (pycocotools: maskApi.c, bbIou).
    /// </summary>
    public static double Overlap(in CocoBox detection, in CocoBox truth, bool crowd)
    {
        var width = Math.Min(detection.Width + detection.X, truth.Width + truth.X) - Math.Max(detection.X, truth.X);
        var height = Math.Min(detection.Height + detection.Y, truth.Height + truth.Y) - Math.Max(detection.Y, truth.Y);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }

        var common = width * height;
        return common / (crowd ? detection.Area : detection.Area + truth.Area - common);
    }
}

/// <summary>A ground truth box of the evaluation; category and image are positions in ascending order of their ids.</summary>
internal readonly record struct CocoTruth(long Image, long Category, CocoBox Box, double Area, bool IsCrowd);

/// <summary>A detection of the evaluation.</summary>
internal readonly record struct CocoCandidate(long Image, long Category, CocoBox Box, double Score);
