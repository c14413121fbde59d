namespace Fovea.Detection;

/// <summary>A part of a picture, in pixels.</summary>
internal readonly record struct PictureTile(int X, int Y, int Width, int Height);

/// <summary>Equal tiles that cover a picture and overlap by no less than is asked.</summary>
internal static class TileGrid
{
    /// <summary>Row by row. A picture that is smaller than a tile in one direction is its own size there.</summary>
    /// <param name="width">Of the picture, in pixels.</param>
    /// <param name="height">Of the picture, in pixels.</param>
    /// <param name="tileWidth">In pixels.</param>
    /// <param name="tileHeight">In pixels.</param>
    /// <param name="overlap">The part of a tile that the next one has, too; below 1.</param>
    public static PictureTile[] Cover(int width, int height, int tileWidth, int tileHeight, double overlap)
    {
        var (w, h) = (Math.Min(width, tileWidth), Math.Min(height, tileHeight));
        var (columns, rows) = (Starts(width, w, overlap), Starts(height, h, overlap));
        return [.. from y in rows from x in columns select new PictureTile(x, y, w, h)];
    }

    /// <summary>As few as the overlap allows, spread evenly from edge to edge.</summary>
    private static int[] Starts(int length, int tile, double overlap)
    {
        var step = Math.Max(1, (int)(tile * (1 - overlap)));
        var gaps = (length - tile + step - 1) / step;
        var starts = new int[gaps + 1];
        for (var i = 1; i <= gaps; i++)
        {
            starts[i] = (int)((long)i * (length - tile) / gaps);
        }

        return starts;
    }
}
