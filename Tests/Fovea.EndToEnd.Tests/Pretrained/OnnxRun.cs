using Fovea.EndToEnd.Goldens;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Fovea.EndToEnd.Pretrained;

/// <summary>A map of a network, [1, C, H, W].</summary>
internal sealed record NetworkMap(float[] Values, int Channels, int Height, int Width)
{
    /// <summary>
    /// The largest difference, as a share of the largest value; of cells that are at least <paramref name="margin"/> away from the border.
    /// </summary>
    public double DifferenceFrom(NetworkMap other, int margin = 0)
    {
        Assert.Equal((other.Channels, other.Height, other.Width), (Channels, Height, Width));
        Assert.True(Height > 2 * margin && Width > 2 * margin);
        var (largest, difference) = (0d, 0d);
        for (var i = 0; i < Values.Length; i++)
        {
            var (y, x) = Math.DivRem(i % (Height * Width), Width);
            largest = Math.Max(largest, Math.Abs(other.Values[i]));
            if (y >= margin && y < Height - margin && x >= margin && x < Width - margin)
            {
                difference = Math.Max(difference, Math.Abs((double)Values[i] - other.Values[i]));
            }
        }

        return difference / largest;
    }
}

/// <summary>What a network makes of pixels: by ONNX Runtime, and by a detector.</summary>
internal static class OnnxRun
{
    /// <summary>Pixels that are smooth here and rough there, [3, size, size] in [0, 1].</summary>
    public static float[] Pixels(int size)
    {
        var random = new Random(3);
        var pixels = new float[3 * size * size];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (c, (y, x)) = (i / (size * size), Math.DivRem(i % (size * size), size));
            var wave = 0.5 + (0.4 * Math.Sin((x * (0.05 + (0.03 * c))) + (y * 0.08)));
            pixels[i] = (float)Math.Clamp(wave + ((random.NextDouble() - 0.5) * (y > size / 2 ? 0.5 : 0.05)), 0, 1);
        }

        return pixels;
    }

    /// <summary>Pixels as a network takes them, channel by channel.</summary>
    public static float[] Normalized(float[] pixels, PixelNormalization convention)
    {
        var area = pixels.Length / 3;
        var input = new float[pixels.Length];
        for (var c = 0; c < 3; c++)
        {
            for (var i = 0; i < area; i++)
            {
                var pixel = pixels[((convention.Bgr ? 2 - c : c) * area) + i];
                input[(c * area) + i] = ((pixel * convention.Scale) - convention.Mean[c]) / convention.Std[c];
            }
        }

        return input;
    }

    /// <summary>The outputs of a model for one square picture.</summary>
    public static Dictionary<string, NetworkMap> ByOnnxRuntime(byte[] model, float[] input, params string[] outputs)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, IntraOpNumThreads = 1 };
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(model, options);
        var size = (int)Math.Sqrt(input.Length / 3);
        var tensor = new DenseTensor<float>(input, [1, 3, size, size]);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor(session.InputNames[0], tensor)], outputs);
        return results.ToDictionary(r => r.Name, r =>
        {
            var map = r.AsTensor<float>();
            return new NetworkMap([.. map], map.Dimensions[1], map.Dimensions[2], map.Dimensions[3]);
        });
    }

    /// <summary>Layers of a detector for one square picture.</summary>
    public static Dictionary<string, NetworkMap> ByDetector(Detector detector, float[] pixels, params string[] layers)
    {
        var size = (int)Math.Sqrt(pixels.Length / 3);
        using var session = detector.CreateSession(1, size, size);
        var maps = new Dictionary<string, NetworkMap>();
        foreach (var layer in layers)
        {
            session.Tap(layer, (name, values, shape) => maps[name] = new NetworkMap(
                ModelRun.ToNchw(shape, values), shape.Channels, shape.Height, shape.Width));
        }

        var input = Normalized(pixels, detector.Description.Pixels);
        session.SetInput(ModelRun.ToNhwc(input, [1, 3, size, size]));
        session.Run();
        return maps;
    }
}
