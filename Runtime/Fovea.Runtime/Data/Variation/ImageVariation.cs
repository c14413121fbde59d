namespace Fovea.Data.Variation;

/// <summary>Draws how one showing of an image is varied. Everything depends on seed, epoch and showing alone.</summary>
/// <param name="augmentation">What may vary.</param>
/// <param name="seed">The loader's.</param>
internal sealed class ImageVariation(Augmentation augmentation, ulong seed)
{
    // Keys the numbers of flips, scale and colours, and those of what came later, which must leave the first as they were.
    private const ulong ImageKey = 0x696d616765;
    private const ulong TurnKey = 0x7475726e;
    private const ulong CropKey = 0x63726f70;
    private const ulong ScaleKey = 0x7363616c65;
    private const ulong SharedKey = 0x736861726564;
    private const int CropTries = 20;

    /// <summary>Random numbers of a showing, for canvases that several pictures share.</summary>
    public SeededRandom RandomOf(int epoch, int showing) => new(seed ^ SharedKey, (ulong)epoch, (ulong)showing);

    /// <summary>By how many quarters a showing is turned.</summary>
    public int QuartersOf(int epoch, int showing)
    {
        var random = new SeededRandom(seed ^ TurnKey, (ulong)epoch, (ulong)showing);
        var (turns, quarters) = (random.NextBool(augmentation.Rotate90), 1 + random.NextInt32(3));
        return turns ? quarters : 0;
    }

    /// <summary>Which part of a turned picture is shown: all of it, or a crop with the centre of an object.</summary>
    public Box WindowOf<TClass>(int epoch, int showing, DatasetItem<TClass> item, int quarters)
        where TClass : struct, Enum
    {
        var (width, height) = QuarterTurn.SizeOf(item.Width, item.Height, quarters);
        var whole = new Box(0, 0, width, height);
        var random = new SeededRandom(seed ^ CropKey, (ulong)epoch, (ulong)showing);
        if (!random.NextBool(augmentation.Crop))
        {
            return whole;
        }

        for (var time = 0; time < CropTries; time++)
        {
            var (w, h) = (width * random.NextDouble(augmentation.MinCrop, 1), height * random.NextDouble(augmentation.MinCrop, 1));
            var (x, y) = ((width - w) * random.NextDouble(), (height - h) * random.NextDouble());
            var window = new Box((float)x, (float)y, (float)(x + w), (float)(y + h));
            if (item.Objects.IsEmpty || item.Objects.Any(
                o => HoldsCentre(window, QuarterTurn.Turn(o.Box, item.Width, item.Height, quarters))))
            {
                return window;
            }
        }

        return whole;
    }

    /// <summary>Flips, scale and colours of a fitted picture.</summary>
    public (ImagePlacement Placement, ColorTransform Color) Place(int epoch, int showing, in ImagePlacement fitted, CanvasSize limit)
    {
        var random = new SeededRandom(seed ^ ImageKey, (ulong)epoch, (ulong)showing);
        return augmentation.Draw(fitted, limit, ref random);
    }

    /// <summary>By what the canvas of a batch is longer than usual.</summary>
    public double ScaleOf(int epoch, int firstShowing)
    {
        if (augmentation.MultiScale == 0)
        {
            return 1;
        }

        var random = new SeededRandom(seed ^ ScaleKey, (ulong)epoch, (ulong)firstShowing);
        return random.NextDouble(1 - augmentation.MultiScale, 1 + augmentation.MultiScale);
    }

    private static bool HoldsCentre(in Box window, in Box box)
    {
        var (x, y) = ((box.X1 + box.X2) / 2, (box.Y1 + box.Y2) / 2);
        return x > window.X1 && x < window.X2 && y > window.Y1 && y < window.Y2;
    }
}
