using Fovea.Tiny;

namespace Fovea.Tests.App.Reports;

/// <summary>Red and blue tiles on noise, for <see cref="TileDetector"/>.</summary>
internal static class TinyScenes
{
    private const int Side = 64;

    public static InMemoryDataset<Tile> Create(int count, int seed) =>
        new($"scenes {seed}", Enumerable.Range(0, count).Select(i => Picture((seed * 1000) + i)));

    private static (RgbImage Image, IReadOnlyList<LabeledBox<Tile>> Objects) Picture(int number)
    {
        var random = new Random(number);
        var picture = new RgbImage(Side, Side);
        random.NextBytes(picture.Pixels);
        return (picture,
        [
            new(Tile.Red, Paint(picture, random.Next(2, 10), random.Next(2, 10), random.Next(14, 22), channel: 0)),
            new(Tile.Blue, Paint(picture, random.Next(34, 40), random.Next(34, 40), random.Next(14, 22), channel: 2)),
        ]);
    }

    private static Box Paint(RgbImage picture, int x, int y, int side, int channel)
    {
        for (var row = y; row < y + side; row++)
        {
            for (var column = x; column < x + side; column++)
            {
                var pixel = picture[column, row];
                pixel.Clear();
                pixel[channel] = 255;
            }
        }

        return new Box(x, y, x + side, y + side);
    }
}
