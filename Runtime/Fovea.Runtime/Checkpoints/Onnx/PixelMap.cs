namespace Fovea.Checkpoints.Onnx;

/// <summary>A channel of a network's input as a function of a pixel: gain · p[color] + offset, with p in [0, 1].</summary>
/// <param name="Color">0 red, 1 green, 2 blue.</param>
/// <param name="Gain">What a full intensity adds.</param>
/// <param name="Offset">Of black.</param>
internal readonly record struct PixelChannel(int Color, double Gain, double Offset);

/// <summary>How pixels become a network's input: one <see cref="PixelChannel"/> for each of its channels.</summary>
internal static class PixelMap
{
    public const int Channels = 3;

    /// <summary>A declared convention.</summary>
    public static PixelChannel[] Of(PixelNormalization pixels) =>
        [.. Enumerable.Range(0, Channels).Select(c => new PixelChannel(
            pixels.Bgr ? 2 - c : c, (double)pixels.Scale / pixels.Std[c], -(double)pixels.Mean[c] / pixels.Std[c]))];

    /// <summary>Bytes as they are, red first.</summary>
    public static PixelChannel[] Bytes { get; } = [.. Enumerable.Range(0, Channels).Select(c => new PixelChannel(c, 255, 0))];

    /// <summary>Whether a convention is one.</summary>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public static string? Problem(PixelNormalization pixels)
    {
        var isWhole = pixels is { Mean.Length: Channels, Std.Length: Channels } && pixels.Mean.All(float.IsFinite)
            && pixels.Std.All(s => float.IsFinite(s) && s != 0) && float.IsFinite(pixels.Scale) && pixels.Scale != 0;
        return isWhole ? null : "expected three means, three deviations other than 0 and a scale other than 0";
    }

    /// <summary>A map as a convention, where it is one: red or blue first, whatever it scales.</summary>
    /// <returns>Null where it is none.</returns>
    public static PixelNormalization? ToNormalization(PixelChannel[] map)
    {
        if (map.Length != Channels || map[1].Color != 1 || map[0].Color + map[2].Color != 2 || map.Any(c => c.Gain == 0))
        {
            return null;
        }

        const float White = 255;
        return new PixelNormalization(
            [.. map.Select(c => (float)(-c.Offset * White / c.Gain))], [.. map.Select(c => (float)(White / c.Gain))], map[0].Color == 2, White);
    }
}
