using SkiaSharp;

namespace Fovea;

/// <summary>EXIF's eight orientations: how stored rows and columns become upright ones.</summary>
/// <remarks>Source: EXIF 2.32, tag 0x0112.</remarks>
internal static class ImageOrientation
{
    /// <summary>Whether the stored width is the upright height.</summary>
    public static bool SwapsAxes(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    /// <summary>Turns stored RGBA [height, width, 4] upright and drops alpha.</summary>
    public static RgbImage ToUprightRgb(ReadOnlySpan<byte> rgba, int width, int height, SKEncodedOrigin origin)
    {
        var (outWidth, outHeight) = SwapsAxes(origin) ? (height, width) : (width, height);
        var rgb = GC.AllocateUninitializedArray<byte>(checked(width * height * 3));

        // Where the upright picture's first pixel is stored, and how far a step to the right and a step down move in the stored picture.
        var (first, right, down) = origin switch
        {
            SKEncodedOrigin.TopRight => (width - 1, -1, width),
            SKEncodedOrigin.BottomRight => ((width * height) - 1, -1, -width),
            SKEncodedOrigin.BottomLeft => (width * (height - 1), 1, -width),
            SKEncodedOrigin.LeftTop => (0, width, 1),
            SKEncodedOrigin.RightTop => (width * (height - 1), -width, 1),
            SKEncodedOrigin.RightBottom => ((width * height) - 1, -width, -1),
            SKEncodedOrigin.LeftBottom => (width - 1, width, -1),
            _ => (0, 1, width),
        };

        var target = 0;
        for (var y = 0; y < outHeight; y++)
        {
            var source = (first + (y * down)) * 4;
            for (var x = 0; x < outWidth; x++, source += right * 4, target += 3)
            {
                rgb[target] = rgba[source];
                rgb[target + 1] = rgba[source + 1];
                rgb[target + 2] = rgba[source + 2];
            }
        }

        return new RgbImage(outWidth, outHeight, rgb);
    }
}
