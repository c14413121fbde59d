using Fovea.Detection;
using Fovea.Imaging;

namespace Fovea;

/// <summary>
/// Images of one canvas, ready for the network, or for the device that makes them so. Belongs to its loader: valid until the
/// next batch is asked for.
/// </summary>
public sealed class Batch
{
    private float[] pixels = [];
    private float[] boxes = [];
    private int[] classes = [];
    private int[] starts = [0];
    private int[] objects = [];
    private int[] indices = [];
    private long[] imageIds = [];
    private ImagePlacement[] placements = [];
    private RgbImage?[] sources = [];
    private PixelAffine[] affines = [];
    private int fromBytes;

    internal Batch()
    {
    }

    /// <summary>N.</summary>
    public int Count { get; private set; }

    /// <summary>Size in pixels.</summary>
    public CanvasSize Canvas { get; private set; }

    /// <summary>[N, H, W, 3], normalised, zero where padded.</summary>
    /// <exception cref="InvalidOperationException">The batch keeps bytes: <see cref="LoaderOptions.ResizeOnDevice"/>.</exception>
    public ReadOnlySpan<float> Pixels => fromBytes == 0
        ? pixels.AsSpan(0, Count * PixelsPerImage)
        : throw new InvalidOperationException(
            $"{fromBytes} of {Count} images of this batch are bytes for the device to resize: give the batch to a session, or load without "
            + $"{nameof(LoaderOptions.ResizeOnDevice)}.");

    /// <summary>The greatest number of boxes of an image in this batch, crowd regions included.</summary>
    public int MaxBoxes { get; private set; }

    /// <summary>[N], the images' numbers in the data set.</summary>
    public ReadOnlySpan<int> Indices => indices.AsSpan(0, Count);

    /// <summary>[N], the images' ids in the data set.</summary>
    public ReadOnlySpan<long> ImageIds => imageIds.AsSpan(0, Count);

    /// <summary>[N], where each image lies on the canvas, and the way back for boxes. Their sizes are those that detections are clipped
    /// to.</summary>
    public ReadOnlySpan<ImagePlacement> Placements => placements.AsSpan(0, Count);

    /// <summary>Rises whenever the batch is filled anew.</summary>
    internal int Version { get; private set; }

    private int PixelsPerImage => checked(Canvas.Width * Canvas.Height * 3);

    /// <summary>[boxes of the image, 4] as (x1, y1, x2, y2) in pixels of the canvas, without crowd regions.</summary>
    public ReadOnlySpan<float> BoxesOf(int image) => boxes.AsSpan(starts[image] * 4, objects[image] * 4);

    /// <summary>[boxes of the image], channels.</summary>
    public ReadOnlySpan<int> ClassesOf(int image) => classes.AsSpan(starts[image], objects[image]);

    /// <summary>[crowd regions of the image, 4] as (x1, y1, x2, y2) in pixels of the canvas: nothing in them is trained as background.
    /// </summary>
    public ReadOnlySpan<float> RegionsOf(int image) => TruthBoxesOf(image)[(objects[image] * 4)..];

    /// <summary>The image's boxes, then its regions, as training takes them.</summary>
    internal ReadOnlySpan<float> TruthBoxesOf(int image) => boxes.AsSpan(starts[image] * 4, (starts[image + 1] - starts[image]) * 4);

    /// <summary>Their channels, −1 of regions.</summary>
    internal ReadOnlySpan<int> TruthClassesOf(int image) => classes.AsSpan(starts[image], starts[image + 1] - starts[image]);

    internal void Begin(int count, CanvasSize canvas)
    {
        (Count, Canvas, MaxBoxes, fromBytes) = (count, canvas, 0, 0);
        Version++;
        Grow(ref sources, count);
        Grow(ref affines, count);
        Array.Clear(sources);
        Grow(ref starts, count + 1);
        Grow(ref objects, count);
        Grow(ref indices, count);
        Grow(ref imageIds, count);
        Grow(ref placements, count);
        starts[0] = 0;
    }

    /// <summary>Images are set in ascending order: the boxes of all lie one after the other.</summary>
    internal void SetImage(int image, int index, long id, in ImagePlacement placement)
    {
        (indices[image], imageIds[image], placements[image]) = (index, id, placement);
        starts[image + 1] = starts[image];
        objects[image] = 0;
    }

    /// <summary>Boxes are added before regions.</summary>
    internal void AddBox(int image, Box box, int channel)
    {
        Add(image, box, channel);
        objects[image]++;
    }

    internal void AddRegion(int image, Box box) => Add(image, box, Matcher.Region);

    private void Add(int image, Box box, int channel)
    {
        var position = starts[image + 1]++;
        Grow(ref boxes, (position + 1) * 4);
        Grow(ref classes, position + 1);
        var edges = boxes.AsSpan(position * 4, 4);
        (edges[0], edges[1], edges[2], edges[3]) = (box.X1, box.Y1, box.X2, box.Y2);
        classes[position] = channel;
        MaxBoxes = Math.Max(MaxBoxes, starts[image + 1] - starts[image]);
    }

    /// <summary>[H, W, 3], normalised: of an image without a source.</summary>
    internal Span<float> PixelsOf(int image)
    {
        Grow(ref pixels, Count * PixelsPerImage, exact: true);
        return pixels.AsSpan(image * PixelsPerImage, PixelsPerImage);
    }

    /// <summary>The picture that the device is to resize, or null where <see cref="PixelsOf"/> has the canvas.</summary>
    internal RgbImage? SourceOf(int image) => sources[image];

    /// <summary>Colour change and normalisation of a source.</summary>
    internal ref readonly PixelAffine AffineOf(int image) => ref affines[image];

    internal void SetSource(int image, RgbImage source, in PixelAffine affine)
    {
        (sources[image], affines[image]) = (source, affine);
        fromBytes++;
    }

    private static void Grow<T>(ref T[] array, int length, bool exact = false)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, exact ? length : Math.Max(length, array.Length * 2));
        }
    }
}
