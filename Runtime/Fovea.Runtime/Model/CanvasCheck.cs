using Fovea.CompilerServices;

namespace Fovea.Model;

/// <summary>What sessions refuse, in words that say what would fit.</summary>
internal static class CanvasCheck
{
    public static void Validate(ModelDescription model, int images, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        if (height <= 0 || width <= 0 || height % 32 != 0 || width % 32 != 0)
        {
            throw new ArgumentException(
                $"{model.Name}: a canvas of {width}×{height} pixels does not fit the network: expected multiples of 32 greater than 0.");
        }
    }

    public static void Image(int image, int images)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, images);
    }

    /// <summary>A batch of a session's measures, whose boxes fit.</summary>
    public static void Batch(Batch batch, TrainingPlan plan, int classes)
    {
        if (batch.Count != plan.Images || batch.Canvas != new CanvasSize(plan.Width, plan.Height) || batch.MaxBoxes > plan.Truth.Capacity)
        {
            throw new ArgumentException(
                $"batch: {batch.Count} images of {batch.Canvas.Width}×{batch.Canvas.Height} with up to {batch.MaxBoxes} boxes: expected "
                + $"{plan.Images} of {plan.Width}×{plan.Height} with at most {plan.Truth.Capacity}.");
        }

        for (var i = 0; i < batch.Count; i++)
        {
            Channels(i, batch.ClassesOf(i), classes);
        }
    }

    public static void Channels(int image, ReadOnlySpan<int> channels, int classes)
    {
        foreach (var channel in channels)
        {
            if (channel < 0 || channel >= classes)
            {
                throw new ArgumentException($"image {image}: class channel {channel}: expected 0 to {classes - 1}.", nameof(channels));
            }
        }
    }

    public static void Length(long found, long expected, string shape, FeatureMap input)
    {
        if (found != expected)
        {
            throw new ArgumentException($"pixels: expected {expected} values {shape} for the canvas {input}, found {found}.");
        }
    }
}
