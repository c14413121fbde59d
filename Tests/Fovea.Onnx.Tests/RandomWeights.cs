using Fovea.CompilerServices;

namespace Fovea.Tests.Onnx;

/// <summary>
/// Weights under which a network of any depth has values of about 1 and finds many things: no norm is the identity, no bias is 0, and scores are
/// spread around the threshold.
/// </summary>
internal static class RandomWeights
{
    public static TDetector Fill<TDetector>(TDetector detector, int seed)
        where TDetector : Detector
    {
        var random = new Random(seed);
        foreach (var tensor in detector.Description.Tensors)
        {
            detector.WriteTensor(tensor.Key, Values(detector.Description, tensor, random));
        }

        // Scores that are 1 in float32 would be in no order.
        Calibrate(detector, "head.classification_head.cls_logits", 1.3, session => session.ReadLogits);
        Calibrate(detector, "head.regression_head.bbox_reg", 0.3, session => session.ReadDeltas);
        return detector;
    }

    /// <summary>Gives a layer's outputs a deviation, in a picture.</summary>
    private static void Calibrate(Detector detector, string layer, double deviation, Func<InferenceSession, Func<int, float[]>> read)
    {
        var picture = Pictures.Make(128, 96, 1);
        var placement = CanvasFitter.For(detector.Description).Place(picture.Width, picture.Height);
        using var session = detector.CreateSession(1, 160, 160);
        session.SetImage(0, picture.Pixels, placement);
        session.Run();
        var values = Enumerable.Range(0, detector.Description.Anchors.Length).SelectMany(read(session)).ToArray();
        var mean = values.Average();
        var found = Math.Sqrt(values.Average(v => (v - mean) * (double)(v - mean)));
        detector.WriteTensor($"{layer}.weight", [.. detector.ReadTensor($"{layer}.weight").Select(w => (float)(w * deviation / found))]);
    }

    private static float[] Values(ModelDescription model, TensorInfo tensor, Random random)
    {
        var key = tensor.Key;
        var inputs = tensor.Role == TensorRole.ConvWeight ? tensor.Length / tensor.Shape[0] : 1;

        // The last norm of a block adds to what is there: large scales would grow with the depth.
        var isResidual = key.Contains("bn3", StringComparison.Ordinal)
            || (key.Contains("bn2", StringComparison.Ordinal) && !model.Tensors.Any(t => t.Key == key.Replace("bn2", "bn3", StringComparison.Ordinal)));
        return tensor.Role switch
        {
            TensorRole.ConvWeight when key.StartsWith("backbone.body.conv1", StringComparison.Ordinal) =>
                Spread(0, Math.Sqrt(2.0 / inputs) / (model.Pixels.Scale > 1 ? 60 : 1)),
            TensorRole.ConvWeight => Spread(0, Math.Sqrt(2.0 / inputs)),
            TensorRole.ConvBias when key.Contains("cls_logits", StringComparison.Ordinal) => Spread(-4, 0.5),
            TensorRole.NormScale => Uniform(isResidual ? 0.1 : 0.7, isResidual ? 0.3 : 1.3),
            TensorRole.RunningVariance => Uniform(0.5, 2),
            _ => Spread(0, 0.1),
        };

        float[] Uniform(double low, double high)
        {
            var values = new float[tensor.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(low + ((high - low) * random.NextDouble()));
            }

            return values;
        }

        // Not normal, but of that mean and deviation; ten times as fast.
        float[] Spread(double mean, double deviation) => Uniform(mean - (Math.Sqrt(3) * deviation), mean + (Math.Sqrt(3) * deviation));
    }
}
