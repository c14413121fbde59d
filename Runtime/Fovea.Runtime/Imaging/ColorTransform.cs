namespace Fovea;

/// <summary>
/// A linear change of colour on pixels in [0, 1]: out = rows · (r, g, b) + offset. Results are not clamped, so that it commutes with
/// resizing.
/// </summary>
public readonly record struct ColorTransform
{
    // Rec. 601 luma, as in torchvision's rgb_to_grayscale.
    private const float LumaR = 0.299f;
    private const float LumaG = 0.587f;
    private const float LumaB = 0.114f;

    private ColorTransform(float brightness, float contrast, float saturation)
    {
        IsIdentity = brightness == 1 && contrast == 1 && saturation == 1;

        // Saturation mixes with the pixel's gray; contrast with middle gray; brightness multiplies.
        var gain = brightness * contrast;
        Diagonal = gain * saturation;
        Gray = gain * (1 - saturation);
        Offset = brightness * (1 - contrast) * 0.5f;
    }

    /// <summary>Leaves colours as they are.</summary>
    public static ColorTransform Identity { get; } = new(1, 1, 1);

    /// <summary>Whether it leaves colours as they are.</summary>
    public bool IsIdentity { get; }

    private float Diagonal { get; }

    private float Gray { get; }

    private float Offset { get; }

    /// <summary>Factors; 1 leaves each as it is.</summary>
    /// <param name="brightness">Multiplies.</param>
    /// <param name="contrast">Distance from middle gray.</param>
    /// <param name="saturation">Distance from the pixel's own gray; 0 is a gray picture.</param>
    public static ColorTransform Create(float brightness, float contrast, float saturation) => new(brightness, contrast, saturation);

    /// <summary>Weights of red, green and blue in an output channel (0 red, 1 green, 2 blue), and the offset.</summary>
    internal (float R, float G, float B, float Offset) Row(int channel) => (
        (Gray * LumaR) + (channel == 0 ? Diagonal : 0),
        (Gray * LumaG) + (channel == 1 ? Diagonal : 0),
        (Gray * LumaB) + (channel == 2 ? Diagonal : 0),
        Offset);
}
