using System.Runtime.InteropServices;

namespace Fovea.Tests.Onnx;

/// <summary>The same by our own sessions.</summary>
internal static class Ours
{
    /// <summary>Logits and deltas, [N, ΣHWA, K] and [N, ΣHWA, 4], of an input [N, 3, H, W].</summary>
    public static (float[] Logits, float[] Deltas) Heads(Detector detector, float[] input, int images, int height, int width)
    {
        var cells = height * width;
        var nhwc = new float[input.Length];
        for (var i = 0; i < input.Length; i++)
        {
            var (n, c, cell) = (i / cells / 3, i / cells % 3, i % cells);
            nhwc[(((n * cells) + cell) * 3) + c] = input[i];
        }

        using var session = detector.CreateSession(images, height, width);
        session.SetInput(nhwc);
        session.Run();
        var levels = Enumerable.Range(0, detector.Description.Anchors.Length).ToArray();
        return (Joined(levels, session.ReadLogits), Joined(levels, session.ReadDeltas));

        float[] Joined(int[] all, Func<int, float[]> read)
        {
            var values = all.Select(read).ToArray();
            return [.. Enumerable.Range(0, images).SelectMany(n => values.SelectMany(v => v.Skip(n * (v.Length / images)).Take(v.Length / images)))];
        }
    }

    /// <summary>Detections of pictures of one size, on one canvas.</summary>
    public static RawDetection[][] Detect(Detector detector, RgbImage[] pictures, CanvasFitter? fitter = null, DetectOptions? options = null)
    {
        fitter ??= CanvasFitter.For(detector.Description);
        var placement = fitter.Place(pictures[0].Width, pictures[0].Height);
        var canvas = fitter.CanvasFor([placement]);
        using var session = detector.CreateSession(pictures.Length, canvas.Height, canvas.Width);
        for (var n = 0; n < pictures.Length; n++)
        {
            session.SetImage(n, pictures[n].Pixels, placement);
        }

        session.Run(options);
        var found = new RawDetection[session.MaxDetections];
        return [.. Enumerable.Range(0, pictures.Length).Select(n =>
            found[..session.ReadDetections(n, found)].Select(d => d with { Box = placement.ToImage(d.Box) }).ToArray())];
    }
}
