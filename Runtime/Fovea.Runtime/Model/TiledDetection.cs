using Fovea.Detection;
using Fovea.Imaging;

namespace Fovea.Model;

/// <summary>Detects in a picture's tiles and, where it is wanted, in all of it, and makes one list of what is found.</summary>
/// <typeparam name="TClass">The classes of the detector.</typeparam>
/// <param name="fitter">The detector's canvases.</param>
/// <param name="sessions">The detector's sessions.</param>
/// <param name="options">How the picture is cut.</param>
/// <param name="detect">What is wanted of a tile's detections.</param>
/// <param name="rule">The same with what is declared.</param>
internal sealed class TiledDetection<TClass>(
    CanvasFitter fitter, SessionPool sessions, TileOptions options, DetectOptions? detect, PostProcessingRule rule)
    where TClass : struct, Enum
{
    // Pixels of the canvas: a box that ends within a cell of P3 of its tile's edge may go on beyond it.
    private const float EdgeMargin = 8;

    private readonly Detection<TClass>[] found = new Detection<TClass>[rule.MaxDetections];
    private readonly List<Box> boxes = [];
    private readonly List<float> scores = [];
    private readonly List<int> classes = [];
    private readonly List<bool> cut = [];

    /// <summary>Detections in pixels of the picture, best first.</summary>
    public IReadOnlyList<Detection<TClass>> Run(in PixelSource picture, IProgress<TileProgress>? progress, CancellationToken cancellation)
    {
        var (width, height) = TileSize();
        var tiles = TileGrid.Cover(picture.Width, picture.Height, width, height, options.Overlap);
        var wholeToo = options.WholePicture && tiles.Length > 1;
        var all = wholeToo ? tiles.Length + 1 : tiles.Length;
        for (var done = 0; done < tiles.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = tiles.AsSpan(done, Math.Min(options.BatchSize, tiles.Length - done));
            Detect(picture, batch, leastWidth: 0, leastHeight: 0);
            done += batch.Length;
            progress?.Report(new TileProgress(done, all));
        }

        if (wholeToo)
        {
            cancellation.ThrowIfCancellationRequested();
            Detect(picture, [new PictureTile(0, 0, picture.Width, picture.Height)], width * options.Overlap, height * options.Overlap);
            progress?.Report(new TileProgress(all, all));
        }

        var kept = TileMerging.Merge([.. boxes], [.. scores], [.. classes], [.. cut], ScoreOrder.Meant(rule.NmsIoU), cancellation);
        return [.. kept.Take(options.MaxDetections > 0 ? options.MaxDetections : kept.Length)
            .Select(i => new Detection<TClass>(EnumChannel<TClass>.FromChannel(classes[i]), scores[i], boxes[i]))];
    }

    private (int Width, int Height) TileSize()
    {
        var canvas = fitter.NativeSize;
        var width = options.Width > 0 ? options.Width : canvas.Width;
        return (width, options.Height > 0 ? options.Height : Math.Max(1, (int)Math.Round((double)width * canvas.Height / canvas.Width)));
    }

    /// <summary>Adds what is as wide or as high as is asked.</summary>
    private void Detect(in PixelSource picture, ReadOnlySpan<PictureTile> tiles, double leastWidth, double leastHeight)
    {
        var placement = fitter.Place(tiles[0].Width, tiles[0].Height);
        var canvas = fitter.CanvasFor(tiles[0].Width, tiles[0].Height);
        var worker = sessions.Rent(tiles.Length, canvas.Height, canvas.Width);
        try
        {
            for (var i = 0; i < tiles.Length; i++)
            {
                var source = picture.Window(tiles[i]);
                worker.Session.SetImage(i, source.Bytes, placement, source.Format, source.Stride);
            }

            worker.Session.Run(detect);
            for (var i = 0; i < tiles.Length; i++)
            {
                foreach (var d in found.AsSpan(0, worker.Read(i, placement, found)))
                {
                    if (d.Box.Width >= leastWidth || d.Box.Height >= leastHeight)
                    {
                        Add(d, tiles[i], picture, placement);
                    }
                }
            }
        }
        finally
        {
            sessions.Return(worker);
        }
    }

    private void Add(in Detection<TClass> detection, in PictureTile tile, in PixelSource picture, in ImagePlacement placement)
    {
        var box = detection.Box;
        var (mx, my) = (EdgeMargin / placement.ScaleX, EdgeMargin / placement.ScaleY);
        cut.Add((tile.X > 0 && box.X1 < mx) || (tile.X + tile.Width < picture.Width && box.X2 > tile.Width - mx)
            || (tile.Y > 0 && box.Y1 < my) || (tile.Y + tile.Height < picture.Height && box.Y2 > tile.Height - my));
        boxes.Add(new Box(box.X1 + tile.X, box.Y1 + tile.Y, box.X2 + tile.X, box.Y2 + tile.Y));
        scores.Add(detection.Score);
        classes.Add(EnumChannel<TClass>.ToChannel(detection.Class));
    }
}
