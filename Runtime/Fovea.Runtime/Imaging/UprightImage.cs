namespace Fovea.Imaging;

/// <summary>EXIF's eight orientations: how stored rows and columns become upright ones.</summary>
/// <remarks>Source: EXIF 2.32, tag 0x0112.</remarks>
internal static class UprightImage
{
    /// <summary>The picture itself where it is stored upright, else a turned one.</summary>
    public static RgbImage Of(RgbImage stored, ImageOrientation orientation)
    {
        if (orientation is < ImageOrientation.TopRight or > ImageOrientation.LeftBottom)
        {
            return stored;
        }

        var (width, height) = (stored.Width, stored.Height);
        var (outWidth, outHeight) = orientation >= ImageOrientation.LeftTop ? (height, width) : (width, height);

        // Where the upright picture's first pixel is stored, and how far a step to the right and a step down move in the stored picture.
        var (first, right, down) = orientation switch
        {
            ImageOrientation.TopRight => (width - 1, -1, width),
            ImageOrientation.BottomRight => ((width * height) - 1, -1, -width),
            ImageOrientation.BottomLeft => (width * (height - 1), 1, -width),
            ImageOrientation.LeftTop => (0, width, 1),
            ImageOrientation.RightTop => (width * (height - 1), -width, 1),
            ImageOrientation.RightBottom => ((width * height) - 1, -width, -1),
            _ => (width - 1, width, -1),
        };
        var (source, target) = (stored.Pixels, GC.AllocateUninitializedArray<byte>(stored.Pixels.Length));
        var j = 0;
        for (var y = 0; y < outHeight; y++)
        {
            var i = (first + (y * down)) * 3;
            for (var x = 0; x < outWidth; x++, i += right * 3, j += 3)
            {
                (target[j], target[j + 1], target[j + 2]) = (source[i], source[i + 1], source[i + 2]);
            }
        }

        return new RgbImage(outWidth, outHeight, target);
    }
}
