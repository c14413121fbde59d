using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Imaging;

/// <summary>
/// Writes images on canvases: normalised, resized bilinearly (align_corners = false, no antialiasing) and padded with zeros after
/// normalisation, [H, W, 3].
/// Keeps its buffers: once they have grown to the largest image nothing is allocated. One instance for each thread.
/// </summary>
/// <remarks>
/// Source: torchvision/models/detection/transform.py; ATen/native/UpSample.h, area_pixel_compute_source_index. Normalising is affine and
/// the weights of a sample add up
/// to 1, so it is done on the horizontally resized rows, which gives torchvision's values up to rounding.
/// </remarks>
internal sealed class CanvasWriter
{
    private readonly PixelNormalization pixels;
    private readonly float[][] rows = [[], []];
    private readonly int[] rowNumbers = [-1, -1];
    private int[] columns = [];
    private float[] columnWeights = [];
    private int[] steps = [];

    /// <param name="pixels">How pixels become inputs.</param>
    public CanvasWriter(PixelNormalization pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        this.pixels = pixels;
    }

    /// <summary>Writes an image of bytes.</summary>
    /// <param name="rgb">[SourceHeight, SourceWidth, 3].</param>
    /// <param name="placement">Where it lies on the canvas.</param>
    /// <param name="canvas">At least as large as the placement.</param>
    /// <param name="target">[canvas.Height, canvas.Width, 3], overwritten.</param>
    /// <exception cref="ArgumentException">A span's length or the canvas does not fit.</exception>
    public void Write(ReadOnlySpan<byte> rgb, in ImagePlacement placement, CanvasSize canvas, Span<float> target) =>
        Write(rgb, placement, canvas, target, ColorTransform.Identity);

    /// <summary>Writes an image of bytes, its colours changed.</summary>
    /// <param name="rgb">[SourceHeight, SourceWidth, 3].</param>
    /// <param name="placement">Where it lies on the canvas.</param>
    /// <param name="canvas">At least as large as the placement.</param>
    /// <param name="target">[canvas.Height, canvas.Width, 3], overwritten.</param>
    /// <param name="color">Applied before normalisation.</param>
    /// <exception cref="ArgumentException">A span's length or the canvas does not fit.</exception>
    public void Write(
        ReadOnlySpan<byte> rgb, in ImagePlacement placement, CanvasSize canvas, Span<float> target, in ColorTransform color) =>
        Write(rgb, placement, canvas, target, PixelAffine.Create(pixels, color, 255));

    /// <summary>Writes an image of bytes, its colours changed and normalised in one go.</summary>
    internal void Write(ReadOnlySpan<byte> rgb, in ImagePlacement placement, CanvasSize canvas, Span<float> target, in PixelAffine affine) =>
        Write(new PixelSource(rgb, placement.SourceWidth, placement.SourceHeight), placement, canvas, target, affine);

    /// <summary>Writes an image of bytes of any order, its colours changed and normalised in one go.</summary>
    internal void Write(PixelSource source, in ImagePlacement placement, CanvasSize canvas, Span<float> target, in PixelAffine affine)
    {
        CheckSource(source, placement);
        CheckTarget(placement, canvas, target.Length);
        switch (source.Format)
        {
            case PixelFormat.Rgb:
                Resample<byte, ByteLoader>(source.Bytes, source.Stride, placement, canvas, target, affine);
                break;
            case PixelFormat.Bgr:
                Resample<byte, BgrLoader>(source.Bytes, source.Stride, placement, canvas, target, affine);
                break;
            case PixelFormat.Rgba:
                Resample<byte, RgbaLoader>(source.Bytes, source.Stride, placement, canvas, target, affine);
                break;
            case PixelFormat.Bgra:
                Resample<byte, BgraLoader>(source.Bytes, source.Stride, placement, canvas, target, affine);
                break;
            default:
                Resample<byte, GrayLoader>(source.Bytes, source.Stride, placement, canvas, target, affine);
                break;
        }
    }

    /// <summary>Writes an image of floats in [0, 1].</summary>
    /// <param name="rgb">[SourceHeight, SourceWidth, 3].</param>
    /// <param name="placement">Where it lies on the canvas.</param>
    /// <param name="canvas">At least as large as the placement.</param>
    /// <param name="target">[canvas.Height, canvas.Width, 3], overwritten.</param>
    /// <exception cref="ArgumentException">A span's length or the canvas does not fit.</exception>
    public void Write(ReadOnlySpan<float> rgb, in ImagePlacement placement, CanvasSize canvas, Span<float> target)
    {
        var expected = (long)placement.SourceWidth * placement.SourceHeight * 3;
        if (rgb.Length != expected)
        {
            throw new ArgumentException(
                $"An image of {placement.SourceWidth}×{placement.SourceHeight} has {expected} values, found {rgb.Length}.", nameof(rgb));
        }

        CheckTarget(placement, canvas, target.Length);
        var affine = PixelAffine.Create(pixels, ColorTransform.Identity, 1);
        Resample<float, FloatLoader>(rgb, placement.SourceWidth * 3, placement, canvas, target, affine);
    }

    /// <summary>Refuses an image of another size than is to be placed.</summary>
    /// <param name="source">The image.</param>
    /// <param name="placement">Where it is to lie.</param>
    internal static void CheckSource(PixelSource source, in ImagePlacement placement)
    {
        if (source.Width != placement.SourceWidth || source.Height != placement.SourceHeight)
        {
            throw new ArgumentException(
                $"An image of {source.Width}×{source.Height} is to be placed as one of {placement.SourceWidth}×{placement.SourceHeight}.");
        }
    }

    private static void CheckTarget(in ImagePlacement placement, CanvasSize canvas, int target)
    {
        if (placement.Width > canvas.Width || placement.Height > canvas.Height || target != (long)canvas.Width * canvas.Height * 3)
        {
            throw new ArgumentException(
                $"An image resized to {placement.Width}×{placement.Height} does not fit a canvas of "
                + $"{canvas.Width}×{canvas.Height} with {target} values.");
        }
    }

    private void Resample<T, TLoader>(
        ReadOnlySpan<T> source, int stride, in ImagePlacement place, CanvasSize canvas, Span<float> target, in PixelAffine affine)
        where T : unmanaged
        where TLoader : struct, IPixelLoader<T>
    {
        PrepareColumns(place, TLoader.Step);
        rowNumbers.AsSpan().Fill(-1);
        var length = place.Width * 3;
        for (var y = 0; y < place.Height; y++)
        {
            var (y0, y1, weight) = SourceIndex(
                place.FlipY ? place.Height - 1 - y : y, place.WindowY, place.WindowHeight / place.Height, place.SourceHeight);
            var line = target.Slice(y * canvas.Width * 3, canvas.Width * 3);
            var upper = Row<T, TLoader>(source, stride, y0, keep: y1, place, affine).AsSpan(0, length);
            if (weight == 0 || y0 == y1)
            {
                upper.CopyTo(line);
            }
            else
            {
                Mix(upper, Row<T, TLoader>(source, stride, y1, keep: y0, place, affine).AsSpan(0, length), weight, line);
            }

            line[length..].Clear();
        }

        target[(place.Height * canvas.Width * 3)..].Clear();
    }

    /// <summary>For each column of the canvas: the first source column, the distance to the second in values, and the second's
    /// weight.</summary>
    private void PrepareColumns(in ImagePlacement place, int step)
    {
        if (columns.Length < place.Width)
        {
            (columns, columnWeights, steps) = (new int[place.Width], new float[place.Width], new int[place.Width]);
            rows[0] = new float[(place.Width * 3) + 4];
            rows[1] = new float[(place.Width * 3) + 4];
        }

        for (var x = 0; x < place.Width; x++)
        {
            var (x0, x1, weight) = SourceIndex(
                place.FlipX ? place.Width - 1 - x : x, place.WindowX, place.WindowWidth / place.Width, place.SourceWidth);
            (columns[x], steps[x], columnWeights[x]) = (x0 * step, (x1 - x0) * step, weight);
        }
    }

    private static (int First, int Second, float Weight) SourceIndex(int target, float origin, float scale, int size)
    {
        var source = Math.Max(0, (scale * (target + 0.5f)) - 0.5f + origin);
        var first = Math.Min((int)source, size - 1);
        return (first, Math.Min(first + 1, size - 1), Math.Clamp(source - first, 0, 1));
    }

    /// <summary>Source row <paramref name="y"/>, resized horizontally and normalised. Enlarging uses a row for several rows of the canvas:
    /// two are kept.</summary>
    private float[] Row<T, TLoader>(ReadOnlySpan<T> source, int stride, int y, int keep, in ImagePlacement place, in PixelAffine affine)
        where T : unmanaged
        where TLoader : struct, IPixelLoader<T>
    {
        if (rowNumbers[0] == y)
        {
            return rows[0];
        }

        if (rowNumbers[1] == y)
        {
            return rows[1];
        }

        var slot = rowNumbers[0] == keep ? 1 : 0;
        rowNumbers[slot] = y;
        ref var start = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), (nint)y * stride);

        // A pixel is loaded with the value after it; the picture's last pixel has none.
        var limit = y == place.SourceHeight - 1 ? (place.SourceWidth * TLoader.Step) - 4 : int.MaxValue;
        if (affine.IsDiagonal)
        {
            SampleRow<T, TLoader, DiagonalMap>(ref start, limit, rows[slot], place.Width, affine);
        }
        else
        {
            SampleRow<T, TLoader, MatrixMap>(ref start, limit, rows[slot], place.Width, affine);
        }

        return rows[slot];
    }

    private void SampleRow<T, TLoader, TMap>(ref T start, int limit, float[] row, int width, in PixelAffine affine)
        where T : unmanaged
        where TLoader : struct, IPixelLoader<T>
        where TMap : struct, IPixelMap
    {
        var map = affine;
        for (var x = 0; x < width; x++)
        {
            var (column, step, weight) = (columns[x], steps[x], columnWeights[x]);
            ref var first = ref Unsafe.Add(ref start, column);
            ref var second = ref Unsafe.Add(ref first, step);
            var left = column > limit ? TLoader.LoadLast(ref first) : TLoader.Load(ref first);
            var right = column + step > limit ? TLoader.LoadLast(ref second) : TLoader.Load(ref second);
            var value = (left * (1 - weight)) + (right * weight);

            // Writes a fourth value, which the next pixel overwrites; rows are that much longer.
            TMap.Apply(value, map).StoreUnsafe(ref row[x * 3]);
        }
    }

    private static void Mix(ReadOnlySpan<float> upper, ReadOnlySpan<float> lower, float weight, Span<float> line)
    {
        var i = 0;
        for (; i <= upper.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var mixed = (new Vector<float>(upper[i..]) * (1 - weight)) + (new Vector<float>(lower[i..]) * weight);
            mixed.CopyTo(line[i..]);
        }

        for (; i < upper.Length; i++)
        {
            line[i] = (upper[i] * (1 - weight)) + (lower[i] * weight);
        }
    }
}
