using Fovea.Cuda;
using Fovea.Imaging;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CudaBackend
{
    /// <summary>
    /// Writes an image of bytes on its canvas: resized, flipped, normalised, padded with zeros, as <see cref="CanvasWriter"/> does it.
    /// </summary>
    /// <param name="input">[N, H, W, 3].</param>
    /// <param name="image">Which of the N.</param>
    /// <param name="rgb">[SourceHeight, SourceWidth, 3] on the device.</param>
    /// <param name="placement">Where it lies on the canvas.</param>
    /// <param name="affine">Colour change and normalisation.</param>
    internal void WriteImage(FeatureMap input, int image, DevicePointer<byte> rgb, in ImagePlacement placement, in PixelAffine affine)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, input.Images);
        if (input.Channels != 3 || placement.Width > input.Width || placement.Height > input.Height)
        {
            throw new ArgumentException(
                $"An image resized to {placement.Width}×{placement.Height} does not fit an input of {input}.", nameof(input));
        }

        var canvas = input.ImageAt(image);
        var (r, g, b, o) = (affine.R, affine.G, affine.B, affine.Offset);
        context.Kernels.NormalizePad.Launch(
            context.Spread(canvas.Cells, 4), rgb, context.Values(canvas), placement.SourceWidth, placement.SourceHeight, placement.Width,
            placement.Height, input.Width, input.Height, placement.WindowX, placement.WindowY, placement.WindowWidth / placement.Width,
            placement.WindowHeight / placement.Height, placement.FlipX ? 1 : 0, placement.FlipY ? 1 : 0,
            r[0], r[1], r[2], g[0], g[1], g[2], b[0], b[1], b[2], o[0], o[1], o[2]);
    }

    /// <summary>Uploads an image of bytes and writes it on its canvas. Returns before it is there; the source may change at once.</summary>
    /// <param name="input">[N, H, W, 3].</param>
    /// <param name="image">Which of the N.</param>
    /// <param name="source">Its pixels.</param>
    /// <param name="placement">Where it lies on the canvas.</param>
    /// <param name="affine">Colour change and normalisation.</param>
    internal void WriteImage(FeatureMap input, int image, PixelSource source, in ImagePlacement placement, in PixelAffine affine)
    {
        CanvasWriter.CheckSource(source, placement);
        var length = checked(source.Width * source.Height * 3);
        var bytes = context.ImageBytes;
        if (!bytes.Holds(length))
        {
            // The image before may still be read from the memory that is given back.
            context.Driver.SynchronizeStream(context.Stream);
            bytes.Reserve(length);
        }

        var pixels = new DevicePointer<byte>(bytes.Address);
        if (source.IsPackedTriples)
        {
            Upload(bytes.Address, source.Bytes);
            WriteImage(input, image, pixels, placement, source.Format == PixelFormat.Bgr ? affine.OfBgr() : affine);
        }
        else
        {
            UploadRgb(bytes.Address, source);
            WriteImage(input, image, pixels, placement, affine);
        }
    }

    /// <summary>
    /// Copies to the device in the stream's order, through page-locked memory: returns before the device has it, and the source may change
    /// at once.
    /// </summary>
    private void Upload(DeviceAddress target, ReadOnlySpan<byte> source)
    {
        for (var at = 0; at < source.Length; at += StagingBuffers.ChunkBytes)
        {
            var chunk = source.Slice(at, Math.Min(StagingBuffers.ChunkBytes, source.Length - at));
            var (number, staged) = context.Staging.Next(chunk.Length);
            chunk.CopyTo(new Span<byte>((void*)staged, chunk.Length));
            context.Driver.CopyToDevice(target + at, staged, chunk.Length, context.Stream);
            context.Staging.Mark(number);
        }
    }

    /// <summary>As <see cref="Upload"/>, of any pixels: they become red, green and blue on their way into the page-locked memory.</summary>
    private void UploadRgb(DeviceAddress target, PixelSource source)
    {
        const int ChunkPixels = StagingBuffers.ChunkBytes / 3;
        var pixels = source.Width * source.Height;
        for (var first = 0; first < pixels; first += ChunkPixels)
        {
            var length = Math.Min(ChunkPixels, pixels - first) * 3;
            var (number, staged) = context.Staging.Next(length);
            source.CopyRgb(first, new Span<byte>((void*)staged, length));
            context.Driver.CopyToDevice(target + (first * 3), staged, length, context.Stream);
            context.Staging.Mark(number);
        }
    }

    /// <summary>Uploads a map's values, NHWC. Returns before the device has them; the source may change at once.</summary>
    internal void WriteValues(FeatureMap map, ReadOnlySpan<float> source)
    {
        RequireLength(map, source.Length);
        var floats = context.Workspace(Math.Min(source.Length, StagingBuffers.ChunkLength) * (long)sizeof(float));
        for (var at = 0; at < source.Length; at += StagingBuffers.ChunkLength)
        {
            var chunk = source.Slice(at, Math.Min(StagingBuffers.ChunkLength, source.Length - at));
            var bytes = chunk.Length * (long)sizeof(float);
            var (number, staged) = context.Staging.Next(bytes);
            chunk.CopyTo(new Span<float>((void*)staged, chunk.Length));
            context.Driver.CopyToDevice(floats, staged, bytes, context.Stream);
            context.Staging.Mark(number);
            context.Kernels.ToValues.Launch(
                context.Spread(chunk.Length, 8), new(floats), context.Values(map with { Offset = map.Offset + at }), chunk.Length);
        }
    }

    /// <summary>Downloads a map's values, NHWC, and waits for them.</summary>
    internal void ReadValues(FeatureMap map, Span<float> destination)
    {
        RequireLength(map, destination.Length);
        var floats = context.Workspace(Math.Min(destination.Length, StagingBuffers.ChunkLength) * (long)sizeof(float));
        (int Number, nint Address) before = default;
        for (var at = 0; at < destination.Length; at += StagingBuffers.ChunkLength)
        {
            var length = Math.Min(StagingBuffers.ChunkLength, destination.Length - at);
            var staged = context.Staging.Next(length * (long)sizeof(float));
            context.Kernels.ToFloats.Launch(
                context.Spread(length, 8), context.Values(map with { Offset = map.Offset + at }), new(floats), length);
            context.Driver.CopyToHost(staged.Address, floats, length * (long)sizeof(float), context.Stream);
            context.Staging.Mark(staged.Number);

            // While the device copies this chunk, the one before is taken out of its buffer.
            if (at > 0)
            {
                Take(before, destination.Slice(at - StagingBuffers.ChunkLength, StagingBuffers.ChunkLength));
            }

            before = staged;
        }

        var last = (destination.Length - 1) / StagingBuffers.ChunkLength * StagingBuffers.ChunkLength;
        Take(before, destination[last..]);
    }

    private static void RequireLength(FeatureMap map, int length)
    {
        if (map.Length != length || length == 0)
        {
            throw new ArgumentException($"A map {map} has {map.Length} values, found {length}.", nameof(length));
        }
    }

    private void Take((int Number, nint Address) staged, Span<float> destination)
    {
        context.Staging.Wait(staged.Number);
        new ReadOnlySpan<float>((void*)staged.Address, destination.Length).CopyTo(destination);
    }
}
