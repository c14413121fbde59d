using System.Globalization;

namespace Fovea.Generator.Graph;

/// <summary>
/// The shape of a feature map, [N, ⌈H/2^Halvings⌉, ⌈W/2^Halvings⌉, Channels], whatever canvas H×W it will run on.
/// Every stride-2 operator of the network halves upwards, and ⌈⌈H/2⌉/2⌉ = ⌈H/4⌉, so one number says it all.
/// </summary>
internal readonly record struct Shape(int Halvings, int Channels)
{
    /// <summary>Pixels of the canvas for each cell.</summary>
    public int Stride => 1 << Halvings;

    public Shape Halved(int channels) => new(Halvings + 1, channels);

    public static int Extent(int pixels, int halvings)
    {
        for (var i = 0; i < halvings; i++)
        {
            pixels = (pixels + 1) / 2;
        }

        return pixels;
    }

    public long Cells(int height, int width) => (long)Extent(height, Halvings) * Extent(width, Halvings);

    /// <summary>Elements for one image.</summary>
    public long Length(int height, int width) => Cells(height, width) * Channels;

    public override string ToString()
    {
        var over = Halvings == 0 ? "" : "/" + Stride.ToString(CultureInfo.InvariantCulture);
        return $"[N, H{over}, W{over}, {Channels.ToString(CultureInfo.InvariantCulture)}]";
    }
}
