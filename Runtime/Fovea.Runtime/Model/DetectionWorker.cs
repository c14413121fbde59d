using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Devices;
using Fovea.Imaging;

namespace Fovea.Model;

/// <summary>A session with what it takes to bring images in and detections out; nothing is allocated once its buffers have grown.</summary>
internal sealed class DetectionWorker : IDisposable
{
    private readonly CanvasWriter writer;
    private readonly CanvasSize canvas;
    private readonly RawDetection[] found;
    private float[] pixels = [];

    public DetectionWorker(DeviceModel model, InferencePlan plan)
    {
        Session = new InferenceSession(model, plan);
        writer = new CanvasWriter(model.Program.Description.Pixels);
        canvas = new CanvasSize(plan.Width, plan.Height);
        found = new RawDetection[Session.MaxDetections];
    }

    public InferenceSession Session { get; }

    /// <summary>Writes an image of floats in [0, 1], [height, width, 3].</summary>
    public void SetImage(int image, ReadOnlySpan<float> rgb, in ImagePlacement placement)
    {
        pixels = pixels.Length > 0 ? pixels : new float[canvas.Height * canvas.Width * 3];
        writer.Write(rgb, placement, canvas, pixels);
        Session.SetImage(image, pixels);
        Session.SetImageSize(image, placement.Height, placement.Width);
    }

    /// <summary>Writes a loader's batch of the session's measures, loaded as it is: no image's colours are changed.</summary>
    public void SetBatch(Batch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var placement = batch.Placements[i];
            if (batch.SourceOf(i) is { } source)
            {
                Session.SetImage(i, source.Pixels, placement);
            }
            else
            {
                Session.SetImage(i, batch.PixelsOf(i));
                Session.SetImageSize(i, placement.Height, placement.Width);
            }
        }
    }

    /// <summary>An image's detections in pixels of the original.</summary>
    public int Read<TClass>(int image, in ImagePlacement placement, Span<Detection<TClass>> destination)
        where TClass : struct, Enum
    {
        var count = Math.Min(Session.ReadDetections(image, found), destination.Length);
        for (var i = 0; i < count; i++)
        {
            ref readonly var d = ref found[i];
            destination[i] = new Detection<TClass>(EnumChannel<TClass>.FromChannel(d.Channel), d.Score, placement.ToImage(d.Box));
        }

        return count;
    }

    public void Dispose() => Session.Dispose();
}
