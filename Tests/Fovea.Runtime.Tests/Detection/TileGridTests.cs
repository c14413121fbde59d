using Fovea.Detection;

namespace Fovea.Tests.Detection;

public class TileGridTests
{
    [Fact]
    public void Tiles_are_equal_cover_every_pixel_and_overlap_as_much_as_is_asked()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var (width, height) = (random.Next(1, 400), random.Next(1, 400));
            var (tileWidth, tileHeight) = (random.Next(1, 120), random.Next(1, 120));
            var overlap = random.NextDouble() * 0.5;
            var tiles = TileGrid.Cover(width, height, tileWidth, tileHeight, overlap);
            Assert.All(tiles, t => Assert.Equal((Math.Min(width, tileWidth), Math.Min(height, tileHeight)), (t.Width, t.Height)));
            AssertCovers([.. tiles.Select(t => t.X).Distinct()], Math.Min(width, tileWidth), width, overlap);
            AssertCovers([.. tiles.Select(t => t.Y).Distinct()], Math.Min(height, tileHeight), height, overlap);
            Assert.Equal(tiles.Select(t => t.X).Distinct().Count() * tiles.Select(t => t.Y).Distinct().Count(), tiles.Distinct().Count());
            Assert.Equal(tiles.Length, tiles.Distinct().Count());
        }
    }

    [Theory]
    [InlineData(640, 640, 0.2, 1)]
    [InlineData(641, 640, 0.2, 2)]
    [InlineData(6000, 640, 0.2, 12)]
    [InlineData(1280, 640, 0, 2)]
    [InlineData(100, 640, 0.5, 1)]
    public void There_are_no_more_of_them_than_that_takes(int width, int tile, double overlap, int expected) =>
        Assert.Equal(expected, TileGrid.Cover(width, 10, tile, 10, overlap).Length);

    private static void AssertCovers(int[] starts, int tile, int length, double overlap)
    {
        Assert.Equal(0, starts[0]);
        Assert.Equal(length, starts[^1] + tile);
        for (var i = 1; i < starts.Length; i++)
        {
            // In whole pixels; a tile of one pixel can share none.
            var shared = starts[i - 1] + tile - starts[i];
            Assert.True(shared >= Math.Min((int)(tile * overlap), tile - 1), $"{shared} of {tile} pixels, {overlap:F3} asked");
        }
    }
}
