namespace Fovea.Data.Variation;

/// <summary>Turns pictures and boxes by quarters, against the clock. Pixels are moved, none is made anew.</summary>
internal static class QuarterTurn
{
    /// <summary>A turned copy; at 0 the picture itself.</summary>
    /// <param name="image">Not changed.</param>
    /// <param name="quarters">0 … 3.</param>
    public static RgbImage Turn(RgbImage image, int quarters)
    {
        if (quarters == 0)
        {
            return image;
        }

        var (width, height) = SizeOf(image.Width, image.Height, quarters);
        var turned = new RgbImage(width, height, GC.AllocateUninitializedArray<byte>(image.Pixels.Length));

        // Where the turned picture's first pixel lies in the picture, and how far a step right and a step down move there.
        var (first, right, down) = quarters switch
        {
            1 => (image.Width - 1, image.Width, -1),
            2 => ((image.Width * image.Height) - 1, -1, -image.Width),
            _ => (image.Width * (image.Height - 1), -image.Width, 1),
        };
        var target = 0;
        for (var y = 0; y < height; y++)
        {
            var source = (first + (y * down)) * 3;
            for (var x = 0; x < width; x++, source += right * 3, target += 3)
            {
                turned.Pixels[target] = image.Pixels[source];
                turned.Pixels[target + 1] = image.Pixels[source + 1];
                turned.Pixels[target + 2] = image.Pixels[source + 2];
            }
        }

        return turned;
    }

    /// <summary>The turned size of a picture.</summary>
    public static (int Width, int Height) SizeOf(int width, int height, int quarters) =>
        quarters % 2 == 0 ? (width, height) : (height, width);

    /// <summary>A box of a picture, in the turned picture.</summary>
    /// <param name="box">In pixels.</param>
    /// <param name="width">Of the picture before it is turned.</param>
    /// <param name="height">Of the picture before it is turned.</param>
    /// <param name="quarters">0 … 3.</param>
    public static Box Turn(in Box box, int width, int height, int quarters) => quarters switch
    {
        1 => new Box(box.Y1, width - box.X2, box.Y2, width - box.X1),
        2 => new Box(width - box.X2, height - box.Y2, width - box.X1, height - box.Y1),
        3 => new Box(height - box.Y2, box.X1, height - box.Y1, box.X2),
        _ => box,
    };
}
