using Fovea.CompilerServices;
using Fovea.Detection;

namespace Fovea.Model;

/// <summary>What sessions refuse, in words that say what would fit.</summary>
internal static class CanvasCheck
{
    /// <summary>Elements that a map may have: the host's spans and the kernels' indices are of 31 bits.</summary>
    private const long MaxElements = int.MaxValue;

    public static void Validate(ModelDescription model, int images, int height, int width, int maxBoxes = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBoxes);
        if (height <= 0 || width <= 0 || height % 32 != 0 || width % 32 != 0)
        {
            throw new ArgumentException(
                $"{model.Name}: a canvas of {width}×{height} pixels does not fit the network: expected multiples of 32 greater than 0.");
        }

        var pixels = (UInt128)images * (uint)height * (uint)width;
        Refuse("pixels, [N, H, W, 3],", pixels * 3);
        Refuse("stem, [N, H/2, W/2, C],", pixels / 4 * ChannelsOf(model, "backbone.body.conv1"));
        Refuse("first stage, [N, H/4, W/4, C],", pixels / 16 * ChannelsOf(model, "backbone.body.layer1."));
        Refuse("boxes, [N, boxes, 4],", (UInt128)images * (uint)maxBoxes * 4);

        void Refuse(string what, UInt128 elements)
        {
            if (elements > MaxElements)
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"{model.Name}: the {what} of {images} images of {width}×{height} pixels would have {elements} elements: expected at most ")
                    + FormattableString.Invariant($"{MaxElements}. Take a smaller batch or canvas."));
            }
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
            Channels(i, batch.TruthClassesOf(i), classes);
        }
    }

    public static void Channels(int image, ReadOnlySpan<int> channels, int classes)
    {
        foreach (var channel in channels)
        {
            if (channel < Matcher.Region || channel >= classes)
            {
                throw new ArgumentException(
                    $"image {image}: class channel {channel}: expected 0 to {classes - 1}, or −1 for a crowd region.", nameof(channels));
            }
        }
    }

    /// <summary>The most output channels of a convolution whose key starts so.</summary>
    private static uint ChannelsOf(ModelDescription model, string prefix)
    {
        var most = 0;
        foreach (var tensor in model.Tensors)
        {
            if (tensor.Role == TensorRole.ConvWeight && tensor.Key.StartsWith(prefix, StringComparison.Ordinal))
            {
                most = Math.Max(most, tensor.Shape[0]);
            }
        }

        return (uint)most;
    }

    public static void Length(long found, long expected, string shape, FeatureMap input)
    {
        if (found != expected)
        {
            throw new ArgumentException($"pixels: expected {expected} values {shape} for the canvas {input}, found {found}.");
        }
    }
}
