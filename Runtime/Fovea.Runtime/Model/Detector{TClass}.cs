using System.ComponentModel;
using Fovea.CompilerServices;
using Fovea.Imaging;
using Fovea.Model;

namespace Fovea;

/// <summary>A compiled detector with its weights: what <c>[RetinaNet&lt;TClass&gt;]</c> makes of a partial class.</summary>
/// <typeparam name="TClass">The classes; a member's value is its channel.</typeparam>
/// <remarks>
/// Every method may be called from any number of threads at once; each call works in a session of its own, which is kept for the next.
/// Disposal waits for the calls that have begun; later ones throw <see cref="ObjectDisposedException"/>.
/// </remarks>
public abstract class Detector<TClass> : Detector
    where TClass : struct, Enum
{
    private SessionPool sessions;
    private SemaphoreSlim places;

    /// <summary>
    /// Reserves the model's memory; the weights are zero until <see cref="Detector.InitializeWeights"/> or
    /// <see cref="Detector.LoadWeights(string, LoadOptions?)"/>.
    /// </summary>
    /// <param name="program">The generated network.</param>
    /// <param name="options">Device and threads.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected Detector(DetectorProgram program, DetectorOptions options)
        : base(program, options)
    {
        sessions = new SessionPool(Model);
        places = PlacesFor(options);
        try
        {
            Fitter = CanvasFitter.For(Description);
        }
        catch
        {
            Model.Dispose();
            throw;
        }
    }

    private protected override void OnMoved(DetectorOptions options)
    {
        sessions.Dispose();
        sessions = new SessionPool(Model);
        places = PlacesFor(options);
    }

    /// <summary>How images are resized and which canvas they go on.</summary>
    public CanvasFitter Fitter { get; }

    /// <summary>Detections of one image at the most.</summary>
    public int MaxDetections => Description.PostProcessing.MaxDetections;

    /// <summary>Finds the objects in an image file.</summary>
    /// <param name="path">JPEG, PNG, WebP, BMP, GIF or TIFF.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <returns>In pixels of the upright image, best first.</returns>
    /// <exception cref="InvalidImageException">It is no picture, damaged, cut off or too large.</exception>
    public IReadOnlyList<Detection<TClass>> Detect(string path, DetectOptions? options = null) =>
        Detect(ImageFile.Decode(path, Options.ImageLimits), options);

    /// <summary>Finds the objects in an encoded image.</summary>
    /// <param name="stream">From its position to its end; stays open.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <returns>In pixels of the upright image, best first.</returns>
    /// <exception cref="InvalidImageException">It is no picture, damaged, cut off or too large.</exception>
    public IReadOnlyList<Detection<TClass>> Detect(Stream stream, DetectOptions? options = null) =>
        Detect(ImageFile.Decode(stream, limits: Options.ImageLimits), options);

    /// <summary>Finds the objects in an encoded image.</summary>
    /// <param name="file">The bytes of a JPEG, PNG, … file.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <returns>In pixels of the upright image, best first.</returns>
    /// <exception cref="InvalidImageException">It is no picture, damaged, cut off or too large.</exception>
    public IReadOnlyList<Detection<TClass>> Detect(ReadOnlySpan<byte> file, DetectOptions? options = null) =>
        Detect(ImageFile.Decode(file, limits: Options.ImageLimits), options);

    /// <summary>Finds the objects in a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <returns>In pixels of the picture, best first.</returns>
    public IReadOnlyList<Detection<TClass>> Detect(RgbImage image, DetectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Detect(image.Pixels, image.Width, image.Height, options: options);
    }

    /// <summary>Finds the objects in pixels, which are read where they lie.</summary>
    /// <param name="pixels">Rows from top to bottom.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="format">The order of a pixel's bytes.</param>
    /// <param name="stride">From a row to the next, in bytes; 0: they are packed.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <returns>In pixels of the image, best first.</returns>
    /// <exception cref="ArgumentException">The span is of another length, or an option out of range.</exception>
    public IReadOnlyList<Detection<TClass>> Detect(
        ReadOnlySpan<byte> pixels, int width, int height, PixelFormat format = PixelFormat.Rgb, int stride = 0,
        DetectOptions? options = null)
    {
        var found = new Detection<TClass>[MaxDetections];
        return new ArraySegment<Detection<TClass>>(found, 0, Detect(pixels, width, height, found, format, stride, options));
    }

    /// <summary>
    /// Finds the objects in pixels, which are read where they lie, without allocating anything, once a session for the canvas exists.
    /// </summary>
    /// <param name="pixels">Rows from top to bottom.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="destination">Takes the detections in pixels of the image, best first, as many as fit; <see cref="MaxDetections"/>
    /// always fit.</param>
    /// <param name="format">The order of a pixel's bytes.</param>
    /// <param name="stride">From a row to the next, in bytes; 0: they are packed.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <returns>How many were written.</returns>
    /// <exception cref="ArgumentException">The span is of another length, or an option out of range.</exception>
    public int Detect(
        ReadOnlySpan<byte> pixels, int width, int height, Span<Detection<TClass>> destination, PixelFormat format = PixelFormat.Rgb,
        int stride = 0, DetectOptions? options = null)
    {
        using var use = Model.Lifetime.Use();
        var placement = Fitter.Place(width, height);
        var canvas = Fitter.CanvasFor(width, height);
        var worker = sessions.Rent(1, canvas.Height, canvas.Width);
        try
        {
            worker.Session.SetImage(0, pixels, placement, format, stride);
            worker.Session.Run(options);
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
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <returns>How many were written.</returns>
    public int Detect(
        ReadOnlySpan<float> rgb, int width, int height, Span<Detection<TClass>> destination, DetectOptions? options = null)
    {
        using var use = Model.Lifetime.Use();
        var placement = Fitter.Place(width, height);
        var canvas = Fitter.CanvasFor(width, height);
        var worker = sessions.Rent(1, canvas.Height, canvas.Width);
        try
        {
            worker.SetImage(0, rgb, placement);
            worker.Session.Run(options);
            return worker.Read(0, placement, destination);
        }
        finally
        {
            sessions.Return(worker);
        }
    }

    /// <summary>
    /// Finds the objects in an image file on a thread of the pool. Of many calls at once as many work as
    /// <see cref="DetectorOptions.MaxConcurrency"/> says.
    /// </summary>
    /// <param name="path">JPEG, PNG, WebP, BMP, GIF or TIFF.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <param name="cancellationToken">Heeded before the image is read and before it is computed.</param>
    /// <returns>In pixels of the upright image, best first.</returns>
    public Task<IReadOnlyList<Detection<TClass>>> DetectAsync(
        string path, DetectOptions? options = null, CancellationToken cancellationToken = default) =>
        DetectDecodedAsync(() => ImageFile.Decode(path, Options.ImageLimits), options, cancellationToken);

    /// <summary>Finds the objects in an encoded image on a thread of the pool.</summary>
    /// <param name="stream">From its position to its end, read on that thread; stays open.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <param name="cancellationToken">Heeded before the image is read and before it is computed.</param>
    /// <returns>In pixels of the upright image, best first.</returns>
    public Task<IReadOnlyList<Detection<TClass>>> DetectAsync(
        Stream stream, DetectOptions? options = null, CancellationToken cancellationToken = default) =>
        DetectDecodedAsync(() => ImageFile.Decode(stream, limits: Options.ImageLimits), options, cancellationToken);

    /// <summary>Finds the objects in an encoded image on a thread of the pool.</summary>
    /// <param name="file">The bytes of a JPEG, PNG, … file; they must not change meanwhile.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <param name="cancellationToken">Heeded before the image is read and before it is computed.</param>
    /// <returns>In pixels of the upright image, best first.</returns>
    public Task<IReadOnlyList<Detection<TClass>>> DetectAsync(
        ReadOnlyMemory<byte> file, DetectOptions? options = null, CancellationToken cancellationToken = default) =>
        DetectDecodedAsync(() => ImageFile.Decode(file.Span, limits: Options.ImageLimits), options, cancellationToken);

    /// <summary>Finds the objects in a picture on a thread of the pool.</summary>
    /// <param name="image">The picture; it must not change meanwhile.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <param name="cancellationToken">Heeded before it is computed.</param>
    /// <returns>In pixels of the picture, best first.</returns>
    public Task<IReadOnlyList<Detection<TClass>>> DetectAsync(
        RgbImage image, DetectOptions? options = null, CancellationToken cancellationToken = default) =>
        InTurnAsync(() => Detect(image, options), cancellationToken);

    /// <summary>Finds the objects in pixels on a thread of the pool.</summary>
    /// <param name="pixels">Rows from top to bottom; they must not change meanwhile.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="format">The order of a pixel's bytes.</param>
    /// <param name="stride">From a row to the next, in bytes; 0: they are packed.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <param name="cancellationToken">Heeded before it is computed.</param>
    /// <returns>In pixels of the image, best first.</returns>
    public Task<IReadOnlyList<Detection<TClass>>> DetectAsync(
        ReadOnlyMemory<byte> pixels, int width, int height, PixelFormat format = PixelFormat.Rgb, int stride = 0,
        DetectOptions? options = null, CancellationToken cancellationToken = default) =>
        InTurnAsync(() => Detect(pixels.Span, width, height, format, stride, options), cancellationToken);

    /// <summary>
    /// Finds the objects in several pictures at once. With a variable canvas they are one batch on the canvas that holds all
    /// (torchvision's rule);
    /// with fixed canvases there is a batch for each canvas.
    /// </summary>
    /// <param name="images">The pictures.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <returns>For each picture, in pixels of it, best first.</returns>
    public IReadOnlyList<IReadOnlyList<Detection<TClass>>> DetectBatch(IReadOnlyList<RgbImage> images, DetectOptions? options = null) =>
        DetectBatch(images, options, CancellationToken.None);

    /// <summary>As <see cref="DetectBatch(IReadOnlyList{RgbImage}, DetectOptions?)"/>, on a thread of the pool.</summary>
    /// <param name="images">The pictures; they must not change meanwhile.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <param name="cancellationToken">Heeded before each batch is computed.</param>
    /// <returns>For each picture, in pixels of it, best first.</returns>
    public Task<IReadOnlyList<IReadOnlyList<Detection<TClass>>>> DetectBatchAsync(
        IReadOnlyList<RgbImage> images, DetectOptions? options = null, CancellationToken cancellationToken = default) =>
        InTurnAsync<IReadOnlyList<IReadOnlyList<Detection<TClass>>>>(() => DetectBatch(images, options, cancellationToken), cancellationToken);

    /// <summary>
    /// Finds the objects in pictures that come one after the other, frames of a video for example: the next are taken while others are
    /// computed, and what is found comes in the stream's order.
    /// </summary>
    /// <param name="images">The pictures; none may change before it is handed back. <see cref="RawVideo"/> reads those of another program.</param>
    /// <param name="options">What is wanted; null: as declared.</param>
    /// <param name="stream">Batches, and how many pictures are held; null: one at a time, three held.</param>
    /// <param name="cancellationToken">Ends the stream; heeded before each batch is computed and by the source.</param>
    /// <returns>Each picture with what was found in it. Leaving the loop early ends reading and detecting, and waits for what
    /// has begun: a source should heed its token. An error of the source or of a detection comes at its place, after all that was before
    /// it.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public IAsyncEnumerable<DetectedImage<TClass>> DetectAsync(
        IAsyncEnumerable<RgbImage> images, DetectOptions? options = null, StreamOptions? stream = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        DetectOptions.Apply(options, Description.PostProcessing);
        return new DetectionStream<TClass>(this, options, stream ?? new StreamOptions()).RunAsync(images, cancellationToken);
    }

    /// <summary>
    /// Finds objects that are small in a large picture: in overlapping tiles of the size that the detector works at, and in the whole
    /// picture; what several have found is one detection of the result.
    /// </summary>
    /// <param name="path">JPEG, PNG, WebP, BMP, GIF or TIFF.</param>
    /// <param name="tiles">Size and overlap; null: the canvas's size, a fifth.</param>
    /// <param name="options">What is wanted of each tile; null: as declared.</param>
    /// <param name="progress">Told after every batch of tiles.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    /// <returns>In pixels of the upright image, best first; as many as there are, unless the tiles' options bound them.</returns>
    /// <exception cref="InvalidImageException">It is no picture, damaged, cut off or too large.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public IReadOnlyList<Detection<TClass>> DetectTiles(
        string path, TileOptions? tiles = null, DetectOptions? options = null, IProgress<TileProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        DetectTiles(ImageFile.Decode(path, Options.ImageLimits), tiles, options, progress, cancellationToken);

    /// <summary>Finds objects that are small in a large picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="tiles">Size and overlap; null: the canvas's size, a fifth.</param>
    /// <param name="options">What is wanted of each tile; null: as declared.</param>
    /// <param name="progress">Told after every batch of tiles.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    /// <returns>In pixels of the picture, best first; as many as there are, unless the tiles' options bound them.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public IReadOnlyList<Detection<TClass>> DetectTiles(
        RgbImage image, TileOptions? tiles = null, DetectOptions? options = null, IProgress<TileProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return DetectTiles(image.Pixels, image.Width, image.Height, PixelFormat.Rgb, 0, tiles, options, progress, cancellationToken);
    }

    /// <summary>Finds objects that are small in large pixels, which are read where they lie.</summary>
    /// <param name="pixels">Rows from top to bottom.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="format">The order of a pixel's bytes.</param>
    /// <param name="stride">From a row to the next, in bytes; 0: they are packed.</param>
    /// <param name="tiles">Size and overlap; null: the canvas's size, a fifth.</param>
    /// <param name="options">What is wanted of each tile; null: as declared.</param>
    /// <param name="progress">Told after every batch of tiles.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    /// <returns>In pixels of the picture, best first; as many as there are, unless the tiles' options bound them.</returns>
    /// <exception cref="ArgumentException">The span is of another length, or an option out of range.</exception>
    public IReadOnlyList<Detection<TClass>> DetectTiles(
        ReadOnlySpan<byte> pixels, int width, int height, PixelFormat format = PixelFormat.Rgb, int stride = 0, TileOptions? tiles = null,
        DetectOptions? options = null, IProgress<TileProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var use = Model.Lifetime.Use();
        tiles ??= new TileOptions();
        tiles.Check();
        var rule = DetectOptions.Apply(options, Description.PostProcessing);
        var work = new TiledDetection<TClass>(Fitter, sessions, tiles, options, rule);
        return work.Run(new PixelSource(pixels, width, height, format, stride), progress, cancellationToken);
    }

    /// <summary>Finds objects that are small in a large image file, on a thread of the pool.</summary>
    /// <param name="path">JPEG, PNG, WebP, BMP, GIF or TIFF.</param>
    /// <param name="tiles">Size and overlap; null: the canvas's size, a fifth.</param>
    /// <param name="options">What is wanted of each tile; null: as declared.</param>
    /// <param name="progress">Told after every batch of tiles.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    /// <returns>In pixels of the upright image, best first; as many as there are, unless the tiles' options bound them.</returns>
    public Task<IReadOnlyList<Detection<TClass>>> DetectTilesAsync(
        string path, TileOptions? tiles = null, DetectOptions? options = null, IProgress<TileProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        InTurnAsync(() => DetectTiles(path, tiles, options, progress, cancellationToken), cancellationToken);

    /// <summary>Finds objects that are small in a large picture, on a thread of the pool.</summary>
    /// <param name="image">The picture; it must not change meanwhile.</param>
    /// <param name="tiles">Size and overlap; null: the canvas's size, a fifth.</param>
    /// <param name="options">What is wanted of each tile; null: as declared.</param>
    /// <param name="progress">Told after every batch of tiles.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    /// <returns>In pixels of the picture, best first; as many as there are, unless the tiles' options bound them.</returns>
    public Task<IReadOnlyList<Detection<TClass>>> DetectTilesAsync(
        RgbImage image, TileOptions? tiles = null, DetectOptions? options = null, IProgress<TileProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        InTurnAsync(() => DetectTiles(image, tiles, options, progress, cancellationToken), cancellationToken);

    /// <summary>COCO's evaluation on a data set: AP over IoU 0.5 … 0.95, by size and by class.</summary>
    /// <param name="dataset">Images with their objects.</param>
    /// <param name="options">What counts as a detection; null: as declared.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public CocoResult Evaluate(
        DetectionDataset<TClass> dataset, DetectOptions? options = null, IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        EvaluateWith(new EvaluationLoading(), dataset, options, progress, cancellationToken);

    /// <summary>As <see cref="Evaluate"/>, with a say in how pictures are read. The result is the same with any.</summary>
    /// <param name="loading">Threads that decode beside the detection, and what they keep for the next evaluation.</param>
    /// <param name="dataset">Images with their objects.</param>
    /// <param name="options">What counts as a detection; null: as declared.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public CocoResult EvaluateWith(
        EvaluationLoading loading, DetectionDataset<TClass> dataset, DetectOptions? options = null,
        IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(loading);
        ArgumentNullException.ThrowIfNull(dataset);
        return DetectorEvaluation.Run(this, sessions, dataset, loading, options, progress, cancellationToken);
    }

    /// <summary>As <see cref="Evaluate"/>, on a thread of its own.</summary>
    /// <param name="dataset">Images with their objects.</param>
    /// <param name="options">What counts as a detection; null: as declared.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellationToken">Heeded between batches.</param>
    public Task<CocoResult> EvaluateAsync(
        DetectionDataset<TClass> dataset, DetectOptions? options = null, IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        LongWork.Run(() => Evaluate(dataset, options, progress, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            sessions.Dispose();
        }
    }

    private static SemaphoreSlim PlacesFor(DetectorOptions options) =>
        new(options.MaxConcurrency > 0 ? options.MaxConcurrency : Math.Min(Environment.ProcessorCount, SessionPool.MaxIdle));

    /// <summary>Does the work on a thread of the pool as soon as fewer than the allowed number do theirs.</summary>
    private async Task<TResult> InTurnAsync<TResult>(Func<TResult> work, CancellationToken cancellation)
    {
        var place = places;
        await place.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(work, cancellation).ConfigureAwait(false);
        }
        finally
        {
            place.Release();
        }
    }

    private Task<IReadOnlyList<Detection<TClass>>> DetectDecodedAsync(
        Func<RgbImage> decode, DetectOptions? options, CancellationToken cancellation) => InTurnAsync(
        () =>
        {
            var image = decode();
            cancellation.ThrowIfCancellationRequested();
            return Detect(image, options);
        },
        cancellation);

    private IReadOnlyList<Detection<TClass>>[] DetectBatch(
        IReadOnlyList<RgbImage> images, DetectOptions? options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(images);
        var results = new IReadOnlyList<Detection<TClass>>[images.Count];
        var groups = Fitter.Resize is null
            ? Enumerable.Range(0, images.Count).GroupBy(i => Fitter.GroupOf(images[i].Width, images[i].Height)).Select(g => g.ToArray())
            : images.Count == 0 ? [] : [[.. Enumerable.Range(0, images.Count)]];
        foreach (var group in groups)
        {
            cancellation.ThrowIfCancellationRequested();
            DetectGroup(images, group, options, results);
        }

        return results;
    }

    private void DetectGroup(
        IReadOnlyList<RgbImage> images, int[] group, DetectOptions? options, IReadOnlyList<Detection<TClass>>[] results)
    {
        using var use = Model.Lifetime.Use();
        var placements = group.Select(i => Fitter.Place(images[i].Width, images[i].Height)).ToArray();
        var canvas = Fitter.CanvasFor(placements);
        var worker = sessions.Rent(group.Length, canvas.Height, canvas.Width);
        try
        {
            for (var i = 0; i < group.Length; i++)
            {
                worker.Session.SetImage(i, images[group[i]].Pixels, placements[i]);
            }

            worker.Session.Run(options);
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
