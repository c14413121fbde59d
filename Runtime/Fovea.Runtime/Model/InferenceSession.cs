using System.Runtime.InteropServices;
using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Imaging;
using Fovea.Model;

namespace Fovea;

/// <summary>
/// Detection on a batch of a fixed size: an arena of its own over the detector's shared weights. One thread at a time; any number of
/// sessions at the same time. Once warm, <see cref="Run()"/> and the methods that read into spans allocate nothing on the managed heap: on
/// a CUDA device from the third run with the same options on, of the last four kinds of them. After its or the detector's disposal every
/// method throws <see cref="ObjectDisposedException"/>.
/// </summary>
public sealed class InferenceSession : IDisposable
{
    private readonly DeviceModel model;
    private readonly RunLease lease;
    private readonly IDeviceRun run;
    private readonly PixelAffine normalization;
    private readonly int[] counts;
    private readonly int[] classes;
    private readonly float[] scores;
    private readonly float[] boxes;

    internal InferenceSession(DeviceModel model, int images, int height, int width)
        : this(model, PlanFor(model, images, height, width))
    {
    }

    internal InferenceSession(DeviceModel model, InferencePlan plan)
    {
        this.model = model;
        Plan = plan;
        normalization = PixelAffine.Create(model.Program.Description.Pixels, ColorTransform.Identity, 255);
        counts = new int[plan.Images];
        classes = new int[plan.Detections.Capacity];
        scores = new float[plan.Detections.Capacity];
        boxes = new float[plan.Detections.Capacity * 4];
        lease = new RunLease(model, plan, nameof(InferenceSession));
        run = lease.Run;
        try
        {
            using var use = lease.Use();
            run.GenerateAnchors(plan);
            for (var i = 0; i < plan.Images; i++)
            {
                SetImageSize(i, plan.Height, plan.Width);
            }
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Where values lie in the arena.</summary>
    internal InferencePlan Plan { get; }

    /// <summary>N.</summary>
    public int Images => Plan.Images;

    /// <summary>Canvas height in pixels.</summary>
    public int Height => Plan.Height;

    /// <summary>Canvas width in pixels.</summary>
    public int Width => Plan.Width;

    /// <summary>Detections of one image at the most.</summary>
    public int MaxDetections => Plan.Detections.Capacity;

    /// <summary>Writes the whole batch.</summary>
    /// <param name="pixels">[N, H, W, 3], normalised as the model wants it.</param>
    public void SetInput(ReadOnlySpan<float> pixels)
    {
        using var use = lease.Use();
        CanvasCheck.Length(pixels.Length, Plan.Input.Length, "[N, H, W, 3]", Plan.Input);
        run.Memory.Write(Plan.Input, pixels);
    }

    /// <summary>Writes one image.</summary>
    /// <param name="image">0 … N − 1.</param>
    /// <param name="pixels">[H, W, 3], normalised as the model wants it.</param>
    public void SetImage(int image, ReadOnlySpan<float> pixels)
    {
        using var use = lease.Use();
        CanvasCheck.Image(image, Images);
        var canvas = Plan.Input.ImageAt(image);
        CanvasCheck.Length(pixels.Length, canvas.Length, "[H, W, 3]", Plan.Input);
        run.Memory.Write(canvas, pixels);
    }

    /// <summary>
    /// Writes one image of bytes, which the device resizes, normalises and pads, and sets the part of the canvas that it covers.
    /// </summary>
    /// <param name="image">0 … N − 1.</param>
    /// <param name="pixels">SourceHeight rows of SourceWidth pixels; may change when this returns.</param>
    /// <param name="placement">Where it lies on the canvas: <see cref="CanvasFitter.Place"/>.</param>
    /// <param name="format">The order of a pixel's bytes.</param>
    /// <param name="stride">From a row to the next, in bytes; 0: they are packed.</param>
    /// <exception cref="ArgumentException">The span's length is not the placement's, or the canvas is too small for it.</exception>
    public void SetImage(
        int image, ReadOnlySpan<byte> pixels, in ImagePlacement placement, PixelFormat format = PixelFormat.Rgb, int stride = 0)
    {
        using var use = lease.Use();
        CanvasCheck.Image(image, Images);
        var source = new PixelSource(pixels, placement.SourceWidth, placement.SourceHeight, format, stride);
        run.WriteImage(Plan.Input, image, source, placement, normalization);
        SetImageSize(image, placement.Height, placement.Width);
    }

    /// <summary>Sets the part of the canvas that an image covers, to which its boxes are clipped; the whole canvas at first.</summary>
    /// <param name="image">0 … N − 1.</param>
    /// <param name="height">In pixels, at the most the canvas's.</param>
    /// <param name="width">In pixels, at the most the canvas's.</param>
    public void SetImageSize(int image, int height, int width)
    {
        using var use = lease.Use();
        CanvasCheck.Image(image, Images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Width);
        ReadOnlySpan<float> size = [height, width];
        run.Memory.Write(Plan.Candidates.ImageSizes + (image * 2), size);
    }

    /// <summary>Computes the batch's detections with the detector's present weights, as declared.</summary>
    public void Run() => Run(null);

    /// <summary>Computes the batch's detections with the detector's present weights.</summary>
    /// <param name="options">What is wanted of them; null: as declared.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public void Run(DetectOptions? options)
    {
        using var use = lease.Use();
        Plan.PostProcessing = DetectOptions.Apply(options, model.Program.Description.PostProcessing);
        model.EnterRead();
        try
        {
            model.EnsureFolded(run);
            run.Detect(Plan);
        }
        finally
        {
            model.ExitRead();
        }

        run.Memory.Read(Plan.Detections.Counts, counts);
    }

    /// <summary>Reads an image's detections, best first.</summary>
    /// <param name="image">0 … N − 1.</param>
    /// <param name="destination">Takes as many as fit.</param>
    /// <returns>How many were written.</returns>
    public int ReadDetections(int image, Span<RawDetection> destination)
    {
        using var use = lease.Use();
        CanvasCheck.Image(image, Images);
        var found = Plan.Detections;
        var count = Math.Min(counts[image], destination.Length);
        var first = (long)image * found.Capacity;
        run.Memory.Read(found.Classes + first, classes.AsSpan(0, count));
        run.Memory.Read(found.Scores + first, scores.AsSpan(0, count));
        run.Memory.Read(found.Boxes + (first * 4), boxes.AsSpan(0, count * 4));
        var corners = MemoryMarshal.Cast<float, Box>(boxes);
        for (var i = 0; i < count; i++)
        {
            destination[i] = new RawDetection(classes[i], scores[i], corners[i]);
        }

        return count;
    }

    /// <summary>The classification logits of one level, [N, H·W·A, K].</summary>
    /// <param name="level">0 is the finest.</param>
    public float[] ReadLogits(int level) => Read(Plan.Logits[level]);

    /// <summary>The box deltas of one level, [N, H·W·A, 4].</summary>
    /// <param name="level">0 is the finest.</param>
    public float[] ReadDeltas(int level) => Read(Plan.Deltas[level]);

    /// <summary>The anchors of one level, [H·W·A, 4].</summary>
    /// <param name="level">0 is the finest.</param>
    public float[] ReadAnchors(int level)
    {
        using var use = lease.Use();
        var values = new float[Plan.Anchors[level].Count * 4L];
        run.Memory.Read(Plan.Anchors[level].Offset, values);
        return values;
    }

    /// <summary>Observes a layer in every following run; a second observer of the same layer replaces the first.</summary>
    /// <param name="layer">A name of <see cref="ModelDescription.Layers"/>.</param>
    /// <param name="observer">Called at the moment when the layer's value is complete.</param>
    /// <exception cref="ArgumentException">No such layer; the message lists all.</exception>
    public void Tap(string layer, TapObserver observer)
    {
        using var use = lease.Use();
        Taps.Add(model.Program.Description, run, layer, observer);
    }

    /// <summary>
    /// Frees the arena, as soon as no thread is at work with it; it waits for that, unless it is called in the middle of such work.
    /// </summary>
    public void Dispose() => lease.Dispose();

    /// <summary>Where values lie for a batch of images; refuses those for which there can be no places.</summary>
    internal static InferencePlan PlanFor(DeviceModel model, int images, int height, int width)
    {
        CanvasCheck.Validate(model.Program.Description, images, height, width);
        return model.Program.PlanInference(images, height, width);
    }

    private float[] Read(FeatureMap map)
    {
        using var use = lease.Use();
        var values = new float[map.Length];
        run.Memory.Read(map, values);
        return values;
    }
}
