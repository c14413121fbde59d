using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>The 4×4 tiles of a convolution's output, image by image and row by row; the last ones may hang over the map's edge.</summary>
internal readonly unsafe struct WinogradTiles
{
    /// <summary>Cells of an output tile along an axis.</summary>
    public const int Output = 4;

    /// <summary>Cells of an input tile along an axis.</summary>
    public const int Input = 6;

    /// <summary>Transformed cells: 6·6.</summary>
    public const int Cells = 36;

    private readonly int across;
    private readonly int perImage;

    public WinogradTiles(FeatureMap y)
    {
        across = ConvGeometry.CeilDiv(y.Width, Output);
        perImage = ConvGeometry.CeilDiv(y.Height, Output) * across;
        Count = y.Images * perImage;
    }

    public int Count { get; }

    /// <summary>
    /// Whether the hint is followed: 3×3, stride 1, no groups; at least 16 channels on both sides, or transforms cost what products save;
    /// 36 products of whole <paramref name="tileRows"/> clearly fewer than the 9 of each cell; and enough tiles for a pass over the
    /// transformed filters. Those are 144 bytes for each pair of channels (14 ns from memory, as much again to make them), and a tile saves
    /// 16 · 9 − 36 products a pair (0.9 ns): 24 tiles while the filters stay in L3, else 48.
    /// </summary>
    public static bool Applies(in ConvParameters w, FeatureMap y, int tileRows)
    {
        const int MinChannels = 16;
        const int PairsInCache = 1 << 17;
        if (w is not { Algorithm: ConvAlgorithm.Winograd4, Kernel: 3, Stride: 1, Groups: 1, Padding: <= 2 }
            || Math.Min(w.InChannels, w.OutChannels) < MinChannels)
        {
            return false;
        }

        var tiles = new WinogradTiles(y).Count;
        var enough = (long)w.InChannels * w.OutChannels <= PairsInCache ? 24 : 48;
        return tiles >= enough && 36L * ConvGeometry.CeilDiv(tiles, tileRows) * tileRows * 3 <= 9 * y.Cells * 2;
    }

    /// <summary>Image, and first row and column of the tile's outputs.</summary>
    public (int Image, int Y, int X) Locate(int tile)
    {
        var (n, rest) = Math.DivRem(tile, perImage);
        var (i, j) = Math.DivRem(rest, across);
        return (n, i * Output, j * Output);
    }

    /// <summary>
    /// Pointers to channel 0 of size × size cells of a map from (y, x) on; cells outside the map point to <paramref name="zeros"/>.
    /// </summary>
    public static void Point(float* map, FeatureMap shape, int image, int y, int x, int size, float* zeros, float** cells)
    {
        for (var i = 0; i < size; i++)
        {
            var row = map + ((((long)image * shape.Height) + y + i) * shape.Width * shape.Channels);
            var inside = (uint)(y + i) < (uint)shape.Height;
            for (var j = 0; j < size; j++)
            {
                *cells++ = inside && (uint)(x + j) < (uint)shape.Width ? row + ((long)(x + j) * shape.Channels) : zeros;
            }
        }
    }
}
