using Fovea.CompilerServices;
using Fovea.Imaging;
using Fovea.Ops.Input;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>Images and values from the host to the device and back.</summary>
internal static class InputChecks
{
    private static readonly PixelNormalization Rgb = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f], false, 1);
    private static readonly PixelNormalization Bgr = new([103.53f, 116.28f, 123.675f], [1, 1.5f, 2], true, 255);

    public static IEnumerable<OperatorCheck> All =>
    [
        .. from place in Placements
           from flips in (int[])[0, 1, 2, 3]
           select new OperatorCheck($"Input {place.SourceWidth}×{place.SourceHeight} to {place.Width}×{place.Height}, flips {flips}", rig =>
               Image(rig, place with { FlipX = (flips & 1) != 0, FlipY = (flips & 2) != 0 }, Rgb, ColorTransform.Identity)),
        new("Input in other channel order", rig => Image(rig, new(9, 7, 20, 18), Bgr, ColorTransform.Identity)),
        new("Input with colours changed", rig => Image(rig, new(9, 7, 20, 18), Rgb, ColorTransform.Create(1.2f, 0.8f, 0.5f))),
        new("Input with colours changed, other order", rig => Image(rig, new(9, 7, 20, 18), Bgr, ColorTransform.Create(0.9f, 1.1f, 1.4f))),
        new("Input of odd canvases", OddCanvases),
        .. from format in Enum.GetValues<PixelFormat>()
           from gap in (int[])[0, 3]
           from pixels in (PixelNormalization[])[Rgb, Bgr]
           select new OperatorCheck($"Input of {format}, {gap} bytes between rows, for {(pixels.Bgr ? "Bgr" : "Rgb")}", rig =>
               Image(rig, new(13, 11, 24, 20), pixels, ColorTransform.Identity, new CanvasSize(24, 20), format, gap)),
        new("Input of Bgra in several chunks", rig =>
            Image(rig, new(701, 523, 24, 20), Rgb, ColorTransform.Identity, new CanvasSize(24, 20), PixelFormat.Bgra, 4)),
        new("Input values, one chunk", rig => Values(rig, 3, 11, 13, 7)),
        new("Input values, several chunks", rig => Values(rig, 1, 300, 293, 9)),
    ];

    private static ImagePlacement[] Placements =>
    [
        new(16, 12, 16, 12),
        new(13, 11, 24, 20),
        new(50, 41, 24, 20),
        new(1, 1, 5, 4),
        new(30, 20, 24, 17) { WindowX = 3.25f, WindowY = 2.5f, WindowWidth = 11.5f, WindowHeight = 9 },
        new(30, 20, 23, 20) { WindowX = -4, WindowY = -3, WindowWidth = 40, WindowHeight = 28.5f },
    ];

    private static void Image(CudaRig rig, ImagePlacement place, PixelNormalization pixels, ColorTransform color) =>
        Image(rig, place, pixels, color, new CanvasSize(24, 20));

    private static void OddCanvases(CudaRig rig)
    {
        Image(rig, new(9, 7, 11, 13), Rgb, ColorTransform.Identity, new CanvasSize(13, 15));
        Image(rig, new(9, 7, 1, 1), Rgb, ColorTransform.Identity, new CanvasSize(1, 1));
        Image(rig, new(9, 7, 5, 3), Rgb, ColorTransform.Identity, new CanvasSize(5, 3));
    }

    /// <summary>The second of three images; the others stay as they are.</summary>
    private static void Image(
        CudaRig rig, ImagePlacement place, PixelNormalization pixels, ColorTransform color, CanvasSize canvas,
        PixelFormat format = PixelFormat.Rgb, int gap = 0)
    {
        var bytesOfPixel = format switch { PixelFormat.Gray => 1, PixelFormat.Rgb or PixelFormat.Bgr => 3, _ => 4 };
        var stride = (place.SourceWidth * bytesOfPixel) + gap;
        var bytes = new byte[stride * place.SourceHeight];
        new Random(1).NextBytes(bytes);
        var source = new PixelSource(bytes, place.SourceWidth, place.SourceHeight, format, stride);
        var affine = PixelAffine.Create(pixels, color, 255);
        var length = canvas.Width * canvas.Height * 3;
        var before = rig.Rounded(Numbers.Random(2, 3L * length));
        var input = rig.Map(3, canvas.Height, canvas.Width, 3, before);
        new ImageInput(rig.Context).Write(input, 1, source, place, affine);

        var expected = new float[length];
        new CanvasWriter(pixels).Write(source, place, canvas, expected, affine);
        var actual = rig.Read(input);
        Check.Same<float>("image before", before.AsSpan(0, length), actual.AsSpan(0, length));
        Check.Close("image", expected, actual.AsSpan(length, length), rig.Epsilon);
        Check.Same<float>("image after", before.AsSpan(2 * length), actual.AsSpan(2 * length));
    }

    private static void Values(CudaRig rig, int n, int h, int w, int c)
    {
        var values = Numbers.Random(1, (long)n * h * w * c);
        var map = rig.Map(n, h, w, c);
        rig.Context.Write(map, values);
        Check.Same<float>("written", rig.Rounded(values), rig.Read(map));
        var read = new float[values.Length];
        rig.Context.Read(map, read);
        Check.Same<float>("read", rig.Rounded(values), read);
    }
}
