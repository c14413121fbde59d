using Fovea.Cuda;
using Fovea.Imaging;
using Fovea.CompilerServices;

namespace Fovea.Ops.Input;

/// <summary>
/// Images of bytes onto their canvases on the device; the kernel is in input.cu. Not a part of <see cref="IBackend"/>, since no generated
/// code calls it: its contract is <c>IDeviceRun.WriteImage</c>, its oracle <see cref="CanvasWriter"/>, which does the same on the host.
/// </summary>
/// <param name="context">The session's.</param>
internal readonly struct ImageInput(CudaContext context)
{
    /// <summary>
    /// Writes an image of bytes on its canvas: resized, flipped, normalised, padded with zeros, as <see cref="CanvasWriter"/> does it.
    /// </summary>
    /// <param name="input">[N, H, W, 3].</param>
    /// <param name="image">Which of the N.</param>
    /// <param name="rgb">[SourceHeight, SourceWidth, 3] on the device.</param>
    /// <param name="placement">Where it lies on the canvas.</param>
    /// <param name="affine">Colour change and normalisation.</param>
    public void Write(FeatureMap input, int image, DevicePointer<byte> rgb, in ImagePlacement placement, in PixelAffine affine)
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
    public void Write(FeatureMap input, int image, PixelSource source, in ImagePlacement placement, in PixelAffine affine)
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
            context.Upload(bytes.Address, source.Bytes);
            Write(input, image, pixels, placement, source.Format == PixelFormat.Bgr ? affine.OfBgr() : affine);
        }
        else
        {
            UploadRgb(bytes.Address, source);
            Write(input, image, pixels, placement, affine);
        }
    }

    /// <summary>
    /// As <see cref="CudaContext.Upload"/>, of any pixels: they become red, green and blue on their way into the page-locked memory.
    /// </summary>
    private unsafe void UploadRgb(DeviceAddress target, PixelSource source)
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
}
