using Fovea.Tensors;

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

    public static void Length(long found, long expected, string shape, FeatureMap input)
    {
        if (found != expected)
        {
            throw new ArgumentException($"pixels: expected {expected} values {shape} for the canvas {input}, found {found}.");
        }
    }
}
