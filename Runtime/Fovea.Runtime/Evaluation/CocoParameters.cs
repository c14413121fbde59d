namespace Fovea;

/// <summary>A range of areas in square pixels; both ends belong to it.</summary>
/// <param name="Name">all, small, medium, large.</param>
/// <param name="Minimum">Least area.</param>
/// <param name="Maximum">Greatest area.</param>
public readonly record struct AreaRange(string Name, double Minimum, double Maximum)
{
    /// <summary>Whether an area lies outside.</summary>
    public bool Excludes(double area) => area < Minimum || area > Maximum;
}

/// <summary>The axes of COCO's evaluation of boxes; the values are fixed, for the twelve numbers are defined by them.</summary>
/// <remarks>Source: cocodataset/cocoapi, PythonAPI/pycocotools/cocoeval.py, Params.setDetParams.</remarks>
public static class CocoParameters
{
    /// <summary>0.5, 0.55 … 0.95 as numpy.linspace makes them (the ninth is 0.8999999999999999).</summary>
    public static IReadOnlyList<double> IoUThresholds { get; } = LinearSpace(0.5, 0.95, 10);

    /// <summary>0, 0.01 … 1.</summary>
    public static IReadOnlyList<double> RecallThresholds { get; } = LinearSpace(0, 1, 101);

    /// <summary>all, small (up to 32²), medium, large (from 96²).</summary>
    public static IReadOnlyList<AreaRange> AreaRanges { get; } =
        [new("all", 0, 1e10), new("small", 0, 32 * 32), new("medium", 32 * 32, 96 * 96), new("large", 96 * 96, 1e10)];

    /// <summary>The best detections of an image <em>and class</em> that count.</summary>
    public static IReadOnlyList<int> MaxDetections { get; } = [1, 10, 100];

    private static double[] LinearSpace(double from, double to, int count)
    {
        var step = (to - from) / (count - 1);
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = i * step + from;
        }

        values[^1] = to;
        return values;
    }
}
