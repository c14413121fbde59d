using System.Runtime.InteropServices;
using Fovea.CompilerServices;

namespace Fovea.EndToEnd.Goldens;

/// <summary>The boxes and labels of one image.</summary>
internal sealed record Target(float[] Boxes, int[] Labels);

/// <summary>Runs a compiled detector on given tensors in torch's layouts, through the public sessions.</summary>
internal sealed class ModelRun(Detector detector)
{
    private readonly ModelDescription description = detector.Description;

    /// <summary>Values of the taps of the last run, [N, C, H, W] as torch has them.</summary>
    public Dictionary<string, float[]> Taps { get; } = [];

    /// <summary>Forward and decoding on folded weights.</summary>
    /// <param name="input">[N, 3, H, W].</param>
    /// <param name="shape">N, 3, H, W.</param>
    /// <param name="imageSizes">Height and width to which detections are clipped.</param>
    /// <param name="layers">Layers to observe.</param>
    public DetectionRun Detect(float[] input, int[] shape, (int Height, int Width)[] imageSizes, params string[] layers)
    {
        using var session = detector.CreateSession(shape[0], shape[2], shape[3]);
        Observe(session.Tap, layers);
        session.SetInput(ToNhwc(input, shape));
        for (var n = 0; n < imageSizes.Length; n++)
        {
            session.SetImageSize(n, imageSizes[n].Height, imageSizes[n].Width);
        }

        session.Run();
        var anchors = Levels.SelectMany((_, level) => session.ReadAnchors(level)).ToArray();
        return new DetectionRun(Concatenate("cls_logits", shape[0]), Concatenate("bbox_regression", shape[0]), anchors, ReadDetections(session));
    }

    /// <summary>Forward, losses, backward.</summary>
    public TrainingRun Train(float[] input, int[] shape, Target[] targets, params string[] layers)
    {
        using var session = detector.CreateTrainingSession(shape[0], shape[2], shape[3], Math.Max(1, targets.Max(t => t.Labels.Length)));
        Observe(session.Tap, layers);
        session.SetInput(ToNhwc(input, shape));
        for (var n = 0; n < targets.Length; n++)
        {
            session.SetTruth(n, MemoryMarshal.Cast<float, Box>(targets[n].Boxes), targets[n].Labels);
        }

        var step = session.ForwardBackward();
        var gradients = description.Tensors.Where(t => t.Storage == TensorStorage.Trainable).ToDictionary(t => t.Key, t => session.ReadGradient(t.Key));
        return new TrainingRun(
            step.Classification,
            step.Box,
            Concatenate("cls_logits", shape[0]),
            Concatenate("bbox_regression", shape[0]),
            ReadMatches(session),
            gradients,
            ToNchw(new LayerShape(session.Images, session.Height, session.Width, 3), session.ReadInputGradient()));
    }

    private IEnumerable<string> Levels =>
        Enumerable.Range(description.MinLevel, description.MaxLevel - description.MinLevel + 1).Select(level => $"P{level}");

    /// <summary>torch's layout as sessions take it.</summary>
    public static float[] ToNhwc(float[] nchw, int[] shape)
    {
        var (images, channels, cells) = (shape[0], shape[1], shape[2] * shape[3]);
        var nhwc = new float[nchw.Length];
        for (var n = 0; n < images; n++)
        {
            for (var c = 0; c < channels; c++)
            {
                for (var i = 0; i < cells; i++)
                {
                    nhwc[(((n * cells) + i) * channels) + c] = nchw[(((n * channels) + c) * cells) + i];
                }
            }
        }

        return nhwc;
    }

    /// <summary>A layer's values in torch's layout.</summary>
    public static float[] ToNchw(LayerShape map, ReadOnlySpan<float> nhwc)
    {
        var cells = map.Height * map.Width;
        var nchw = new float[nhwc.Length];
        for (var n = 0; n < map.Images; n++)
        {
            for (var i = 0; i < cells; i++)
            {
                for (var c = 0; c < map.Channels; c++)
                {
                    nchw[(((n * map.Channels) + c) * cells) + i] = nhwc[(((n * cells) + i) * map.Channels) + c];
                }
            }
        }

        return nchw;
    }

    private static RawDetection[][] ReadDetections(InferenceSession session)
    {
        var buffer = new RawDetection[session.MaxDetections];
        return Enumerable.Range(0, session.Images).Select(n => buffer[..session.ReadDetections(n, buffer)].ToArray()).ToArray();
    }

    private int[][] ReadMatches(TrainingSession session)
    {
        var levels = Levels.Select((_, level) => session.ReadMatches(level)).ToArray();
        return Enumerable.Range(0, session.Images).Select(n => levels.SelectMany(l => Part(l, n, session.Images)).ToArray()).ToArray();
    }

    private void Observe(Action<string, TapObserver> tap, string[] layers)
    {
        Taps.Clear();
        foreach (var layer in layers)
        {
            tap(layer, (name, values, shape) => Taps[name] = ToNchw(shape, values));
        }

        // The heads' outputs stay [N, H, W, A·K], which is torchvision's [N, H·W·A, K].
        foreach (var level in Levels)
        {
            tap($"cls_logits.{level}", (name, values, _) => Taps[name] = values.ToArray());
            tap($"bbox_regression.{level}", (name, values, _) => Taps[name] = values.ToArray());
        }
    }

    /// <summary>[N, ΣHWA, last]: torchvision's concatenation of the levels.</summary>
    private float[] Concatenate(string output, int images)
    {
        var levels = Levels.Select(level => Taps[$"{output}.{level}"]).ToArray();
        return Enumerable.Range(0, images).SelectMany(n => levels.SelectMany(l => Part(l, n, images))).ToArray();
    }

    private static T[] Part<T>(T[] values, int n, int images) => values.AsSpan(n * (values.Length / images), values.Length / images).ToArray();
}

/// <summary>What a detection run gave: head outputs [N, ΣHWA, K | 4], anchors [ΣHWA, 4], and for each image its detections.</summary>
internal sealed record DetectionRun(float[] Logits, float[] Deltas, float[] Anchors, RawDetection[][] Detections);

/// <summary>What a forward and backward run gave.</summary>
/// <param name="Matches">For each image, over all levels.</param>
/// <param name="Gradients">By key, in torch's shapes.</param>
internal sealed record TrainingRun(
    double Classification, double Box, float[] Logits, float[] Deltas, int[][] Matches, Dictionary<string, float[]> Gradients, float[] InputGradient);
