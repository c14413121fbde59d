namespace Fovea;

/// <summary>
/// What a call wants of its detections. What is null is as declared by <c>[PostProcessing]</c>; what is given has the effect of declaring
/// it so.
/// </summary>
public sealed record DetectOptions
{
    /// <summary>Scores must be greater than this; 0 to below 1.</summary>
    public double? ScoreThreshold { get; init; }

    /// <summary>Of two boxes of a class with greater IoU the one with the lower score goes; above 0, at most 1.</summary>
    public double? NmsIoU { get; init; }

    /// <summary>Detections for each image, the best; 1 to the declared number, for which there is room.</summary>
    public int? MaxDetections { get; init; }

    /// <summary>The declared rule with what a call wants.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal static PostProcessingRule Apply(DetectOptions? options, in PostProcessingRule declared)
    {
        if (options is null)
        {
            return declared;
        }

        var score = (float)(options.ScoreThreshold ?? declared.ScoreThreshold);
        var iou = (float)(options.NmsIoU ?? declared.NmsIoU);
        var most = options.MaxDetections ?? declared.MaxDetections;

        // In float32, in which they are compared: there 0.99999999 is 1.
        if (score is not (>= 0 and < 1))
        {
            throw OutOfRange(nameof(ScoreThreshold), options.ScoreThreshold, "0 to below 1");
        }

        if (iou is not (> 0 and <= 1))
        {
            throw OutOfRange(nameof(NmsIoU), options.NmsIoU, "above 0, at most 1");
        }

        if (most < 1 || most > declared.MaxDetections)
        {
            throw OutOfRange(
                nameof(MaxDetections), most, $"1 to {declared.MaxDetections}, the room that [PostProcessing(MaxDetections = …)] declares");
        }

        return declared with { ScoreThreshold = score, NmsIoU = iou, MaxDetections = most };
    }

    private static ArgumentException OutOfRange(string field, double? found, string expected) =>
        new(FormattableString.Invariant($"DetectOptions.{field} is {found}: expected {expected}."));
}
