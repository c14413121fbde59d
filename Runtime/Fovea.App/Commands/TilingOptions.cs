using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary><c>--tiles</c>, <c>--tile-size</c> and <c>--tile-overlap</c>: large pictures in parts, so that small objects stay large.</summary>
internal sealed class TilingOptions
{
    private readonly Option<bool> tiles = new("--tiles")
    {
        Description = "Detect in overlapping tiles of the canvas's size, too, for objects that are small in large pictures.",
    };

    private readonly Option<string?> size = new("--tile-size")
    {
        Description = "The size of tiles in pixels of the picture, with --tiles or alone. Default: the canvas's.",
        HelpName = "WxH",
    };

    private readonly Option<double?> overlap = new("--tile-overlap")
    {
        Description = "The part of a tile that its neighbour sees, too, 0 to 0.5, with --tiles or alone. Default: 0.2.",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(tiles);
        command.Add(size);
        command.Add(overlap);
    }

    /// <summary>What they say; null: none is given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="most">Detections of a picture at the most, if that is said.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public TileOptions? Of(ParseResult parsed, int? most)
    {
        if (!parsed.GetValue(tiles) && !GivenOptions.Of(parsed, size, overlap).Any())
        {
            return null;
        }

        if (most is < 1)
        {
            throw new ArgumentException(FormattableString.Invariant($"--max {most}: expected at least 1."));
        }

        var (width, height) = parsed.GetValue(size) is { } text ? WidthAndHeight.Parse("--tile-size", text) : default;
        var options = new TileOptions { Width = width, Height = height, MaxDetections = most ?? 0 };
        options = parsed.GetValue(overlap) is { } part ? options with { Overlap = part } : options;
        options.Check();
        return options;
    }
}
