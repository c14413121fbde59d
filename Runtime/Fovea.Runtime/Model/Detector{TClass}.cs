using Fovea.Evaluation;
using Fovea.Imaging;
using Fovea.Model;

namespace Fovea;

/// <summary>A compiled detector with its weights: what <c>[RetinaNet&lt;TClass&gt;]</c> makes of a partial class.</summary>
/// <typeparam name="TClass">The classes; a member's value is its channel.</typeparam>
/// <remarks>
/// Every method may be called from any number of threads at once; each call works in a session of its own, which is kept for the next.
/// </remarks>
public abstract class Detector<TClass> : Detector
    where TClass : struct, Enum
{
    private SessionPool sessions;

    /// <summary>
    /// Reserves the model's memory; the weights are zero until <see cref="Detector.InitializeWeights"/> or <see
    /// cref="Detector.LoadWeights"/>.
    /// </summary>
    /// <param name="program">The generated network.</param>
    /// <param name="options">Device and threads.</param>
    protected Detector(DetectorProgram program, DetectorOptions options)
        : base(program, options)
    {
        sessions = new SessionPool(Model);
        Fitter = CanvasFitter.For(Description);
    }

    private protected override void OnMoved()
    {
        sessions.Dispose();
        sessions = new SessionPool(Model);
    }

    /// <summary>How images are resized and which canvas they go on.</summary>
    public CanvasFitter Fitter { get; }

    /// <summary>Detections of one image at the most.</summary>
    public int MaxDetections => Description.PostProcessing.MaxDetections;

    /// <summary>Finds the objects in an image file.</summary>
    /// <param name="path">JPEG, PNG, WebP, BMP or GIF.</param>
    /// <returns>In pixels of the upright image, best first.</returns>
    /// <exception cref="InvalidImageException">It is no picture, damaged or cut off.</exception>
    public IReadOnlyList<Detection<TClass>> Detect(string path) => Detect(ImageFile.Decode(path));

    /// <summary>Finds the objects in an encoded image.</summary>
    /// <param name="stream">From its position to its end; stays open.</param>
    /// <returns>In pixels of the upright image, best first.</returns>
    /// <exception cref="InvalidImageException">It is no picture, damaged or cut off.</exception>
    public IReadOnlyList<Detection<TClass>> Detect(Stream stream) => Detect(ImageFile.Decode(stream));

    /// <summary>Finds the objects in a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <returns>In pixels of the picture, best first.</returns>
    public IReadOnlyList<Detection<TClass>> Detect(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Detect(image.Pixels, image.Width, image.Height);
    }

    /// <summary>Finds the objects in pixels.</summary>
    /// <param name="rgb">[height, width, 3].</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <returns>In pixels of the image, best first.</returns>
    public IReadOnlyList<Detection<TClass>> Detect(ReadOnlySpan<byte> rgb, int width, int height)
    {
        var found = new Detection<TClass>[MaxDetections];
        return new ArraySegment<Detection<TClass>>(found, 0, Detect(rgb, width, height, found));
    }

    /// <summary>Finds the objects in pixels without allocating anything, once a session for the canvas exists.</summary>
    /// <param name="rgb">[height, width, 3].</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="destination">Takes the detections in pixels of the image, best first, as many as fit; <see cref="MaxDetections"/>
    /// always fit.</param>
    /// <returns>How many were written.</returns>
    public int Detect(ReadOnlySpan<byte> rgb, int width, int height, Span<Detection<TClass>> destination)
    {
        var placement = Fitter.Place(width, height);
        var canvas = Fitter.CanvasFor(width, height);
        var worker = sessions.Rent(1, canvas.Height, canvas.Width);
        try
        {
            worker.SetImage(0, rgb, placement);
            worker.Session.Run();
            return worker.Read(0, placement, destination);
        }
        finally
        {
            sessions.Return(worker);
        }
    }

    /// <summary>Finds the objects in pixels of floats in [0, 1].</summary>
    /// <param name="rgb">[height, width, 3].</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="destination">Takes the detections in pixels of the image, best first, as many as fit.</param>
    /// <returns>How many were written.</returns>
    public int Detect(ReadOnlySpan<float> rgb, int width, int height, Span<Detection<TClass>> destination)
    {
        var placement = Fitter.Place(width, height);
        var canvas = Fitter.CanvasFor(width, height);
        var worker = sessions.Rent(1, canvas.Height, canvas.Width);
        try
        {
            worker.SetImage(0, rgb, placement);
            worker.Session.Run();
            return worker.Read(0, placement, destination);
        }
        finally
        {
            sessions.Return(worker);
        }
    }

    /// <summary>Finds the objects in an image file on a thread of the pool.</summary>
    /// <param name="path">JPEG, PNG, WebP, BMP or GIF.</param>
    /// <param name="cancellationToken">Heeded before the image is read and before it is computed.</param>
    public Task<IReadOnlyList<Detection<TClass>>> DetectAsync(string path, CancellationToken cancellationToken = default) => Task.Run(
        () =>
        {
            var image = ImageFile.Decode(path);
            cancellationToken.ThrowIfCancellationRequested();
            return Detect(image);
        },
        cancellationToken);

    /// <summary>
    /// Finds the objects in several pictures at once. With a variable canvas they are one batch on the canvas that holds all
    /// (torchvision's rule);
    /// with fixed canvases there is a batch for each canvas.
    /// </summary>
    /// <param name="images">The pictures.</param>
    /// <returns>For each picture, in pixels of it, best first.</returns>
    public IReadOnlyList<IReadOnlyList<Detection<TClass>>> DetectBatch(IReadOnlyList<RgbImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var results = new IReadOnlyList<Detection<TClass>>[images.Count];
        var groups = Fitter.Resize is null
            ? Enumerable.Range(0, images.Count).GroupBy(i => Fitter.GroupOf(images[i].Width, images[i].Height)).Select(g => g.ToArray())
            : images.Count == 0 ? [] : [[.. Enumerable.Range(0, images.Count)]];
        foreach (var group in groups)
        {
            DetectGroup(images, group, results);
        }

        return results;
    }

    /// <summary>COCO's evaluation on a data set: AP over IoU 0.5 … 0.95, by size and by class.</summary>
    /// <param name="dataset">Images with their objects.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public CocoResult Evaluate(
        DetectionDataset<TClass> dataset, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return DetectorEvaluation.Run(this, sessions, dataset, progress, cancellationToken);
    }

    /// <summary>As <see cref="Evaluate"/>, on a thread of its own.</summary>
    /// <param name="dataset">Images with their objects.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    public Task<CocoResult> EvaluateAsync(
        DetectionDataset<TClass> dataset, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Factory.StartNew(
            () => Evaluate(dataset, progress, cancellationToken),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            sessions.Dispose();
        }

        base.Dispose(disposing);
    }

    private void DetectGroup(IReadOnlyList<RgbImage> images, int[] group, IReadOnlyList<Detection<TClass>>[] results)
    {
        var placements = group.Select(i => Fitter.Place(images[i].Width, images[i].Height)).ToArray();
        var canvas = Fitter.CanvasFor(placements);
        var worker = sessions.Rent(group.Length, canvas.Height, canvas.Width);
        try
        {
            for (var i = 0; i < group.Length; i++)
            {
                worker.SetImage(i, images[group[i]].Pixels, placements[i]);
            }

            worker.Session.Run();
            for (var i = 0; i < group.Length; i++)
            {
                var found = new Detection<TClass>[MaxDetections];
                results[group[i]] = new ArraySegment<Detection<TClass>>(found, 0, worker.Read(i, placements[i], found));
            }
        }
        finally
        {
            sessions.Return(worker);
        }
    }
}
