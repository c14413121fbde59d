using Fovea.Cpu;
using Fovea.Imaging;
using Fovea.Model;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <summary>Writes an image of bytes on its canvas: resized, flipped, normalised, padded with zeros.</summary>
    /// <param name="input">[N, H, W, 3].</param>
    /// <param name="image">Which of the N.</param>
    /// <param name="source">Its pixels.</param>
    /// <param name="placement">Where it lies on the canvas.</param>
    /// <param name="affine">Colour change and normalisation.</param>
    /// <param name="writer">The thread's.</param>
    internal void WriteImage(
        FeatureMap input, int image, PixelSource source, in ImagePlacement placement, in PixelAffine affine, CanvasWriter writer)
    {
        var canvas = input.ImageAt(image);
        var target = new Span<float>(context.Pointer(canvas), checked((int)canvas.Length));
        writer.Write(source, placement, new CanvasSize(canvas.Width, canvas.Height), target, affine);
    }
}
