using Fovea.Imaging;

namespace Fovea.App.Verification;

/// <summary>What this program computes of a picture: the canvas, the pyramid's levels, the heads' outputs, detections.</summary>
internal sealed class OurRun
{
    private readonly Dictionary<string, (LayerShape Shape, float[] Values)> maps = new(StringComparer.Ordinal);

    public OurRun(Detector detector, VerifiedPicture picture, DetectOptions options)
    {
        var (model, canvas) = (detector.Description, picture.Canvas);
        Levels = [.. Enumerable.Range(model.MinLevel, model.Anchors.Length).Select(level => FormattableString.Invariant($"P{level}"))];
        using var session = detector.CreateSession(1, canvas.Height, canvas.Width);
        var pixels = new float[canvas.Height * canvas.Width * 3];
        new CanvasWriter(model.Pixels).Write(picture.Image.Pixels, picture.Placement, canvas, pixels);
        maps.Add("input", (new LayerShape(1, canvas.Height, canvas.Width, 3), pixels));
        session.SetImage(0, pixels);
        session.SetImageSize(0, picture.Placement.Height, picture.Placement.Width);
        foreach (var level in Levels)
        {
            session.Tap(level, (name, values, shape) => maps[name] = (shape, values.ToArray()));
        }

        session.Run(options);
        Logits = [.. Levels.SelectMany((_, i) => session.ReadLogits(i))];
        Deltas = [.. Levels.SelectMany((_, i) => session.ReadDeltas(i))];
        var found = new RawDetection[session.MaxDetections];
        Detections = [.. found[..session.ReadDetections(0, found)].Select(d => d with { Box = picture.Placement.ToImage(d.Box) })];
    }

    /// <summary>P3, P4, …, the finest first.</summary>
    public IReadOnlyList<string> Levels { get; }

    /// <summary>[ΣHWA, K].</summary>
    public float[] Logits { get; }

    /// <summary>[ΣHWA, 4].</summary>
    public float[] Deltas { get; }

    /// <summary>In pixels of the picture, best first.</summary>
    public RawDetection[] Detections { get; }

    /// <summary>The input or a level, [H, W, C].</summary>
    public (LayerShape Shape, float[] Values) Map(string name) => maps[name];
}
