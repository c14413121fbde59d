using System.Globalization;

namespace Fovea.Generator.Graph;

/// <summary>Over which cells a value extends.</summary>
internal enum Extent
{
    /// <summary>No array at all: a record, an effect.</summary>
    None,

    /// <summary>The cells of one level of the canvas, or of a range of levels.</summary>
    Cells,

    /// <summary>One cell for each image: statistics of a group norm.</summary>
    Point,

    /// <summary>Numbers without images and cells: statistics of a batch norm, a loss.</summary>
    Vector,
}

/// <summary>
/// The shape of a value, whatever canvas H×W it will run on. A feature map is [N, ⌈H/2^Halvings⌉, ⌈W/2^Halvings⌉, Channels]: every stride-2
/// operator of the network halves upwards, and ⌈⌈H/2⌉/2⌉ = ⌈H/4⌉, so one number says it all. A pyramid is a range of such maps, each
/// halved once more than the one before, one behind the other; 1×1 maps and vectors have no halvings, but one for each level.
/// </summary>
/// <param name="Halvings">Of the finest level.</param>
/// <param name="Channels">Of every level.</param>
/// <param name="Levels">How many levels.</param>
internal readonly record struct Shape(int Halvings, int Channels, int Levels = 1, Extent Extent = Extent.Cells)
{
    /// <summary>The multiple of elements, 64 bytes, at which every level and every run begins.</summary>
    public const int Alignment = 16;

    /// <summary>[N, 1, 1, channels], for each level.</summary>
    public static Shape Point(int channels, int levels = 1) => new(0, channels, levels, Extent.Point);

    /// <summary>[length], for each level.</summary>
    public static Shape Vector(int length, int levels = 1) => new(0, length, levels, Extent.Vector);

    /// <summary>Pixels of the canvas for each cell of the finest level.</summary>
    public int Stride => 1 << Halvings;

    public bool IsRange => Levels > 1;

    /// <summary>Halvings of every level, finest first.</summary>
    public IEnumerable<int> LevelHalvings => Enumerable.Range(Halvings, Levels);

    public Shape Halved(int channels) => this with { Halvings = Halvings + 1, Channels = channels };

    public Shape WithChannels(int channels) => this with { Channels = channels };

    /// <summary>One level of a range, 0 being the finest.</summary>
    public Shape Level(int level) => this with { Halvings = Halvings + level, Levels = 1 };

    public static int ExtentOf(int pixels, int halvings)
    {
        for (var i = 0; i < halvings; i++)
        {
            pixels = (pixels + 1) / 2;
        }

        return pixels;
    }

    public static long RoundUp(long length) => (length + Alignment - 1) / Alignment * Alignment;

    /// <summary>Cells of all levels.</summary>
    public long Cells(int height, int width)
    {
        if (Extent != Extent.Cells)
        {
            return Extent == Extent.None ? 0 : 1;
        }

        var cells = 0L;
        foreach (var halvings in LevelHalvings)
        {
            cells += (long)ExtentOf(height, halvings) * ExtentOf(width, halvings);
        }

        return cells;
    }

    /// <summary>Elements for one image; of a range with what lies between its levels.</summary>
    public long Length(int height, int width)
    {
        if (!IsRange)
        {
            return Cells(height, width) * Channels;
        }

        var length = 0L;
        for (var level = 0; level < Levels; level++)
        {
            length += RoundUp(Level(level).Length(height, width));
        }

        return length;
    }

    /// <summary>Whether a map of this shape is at least as long as one of the other on any canvas: ⌈n/2⌉ ≤ n.</summary>
    public bool Covers(Shape other) =>
        Extent == Extent.Cells && Halvings <= other.Halvings && Channels >= other.Channels && Levels >= other.Levels;

    public override string ToString()
    {
        var channels = Channels.ToString(CultureInfo.InvariantCulture);
        return Extent switch
        {
            Extent.None => "",
            Extent.Point => $"[N, 1, 1, {channels}]{Each}",
            Extent.Vector => $"[{channels}]{Each}",
            _ => $"[N, H{Over}, W{Over}, {channels}]",
        };
    }

    private string Each => IsRange ? $" × {Text(Levels)} levels" : "";

    private string Over => Halvings == 0 && !IsRange ? ""
        : "/" + Text(Stride) + (IsRange ? "…" + Text(Stride << (Levels - 1)) : "");

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
