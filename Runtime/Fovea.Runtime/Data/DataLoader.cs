using Fovea.CompilerServices;
using Fovea.Data;
using Fovea.Imaging;
using Fovea.Model;

namespace Fovea;

/// <summary>
/// Makes batches on threads of its own, ahead of their use. Order and augmentation depend on seed, epoch and image alone: the batches have
/// the same bits
/// at any number of threads. Batches and their buffers are reused.
/// </summary>
/// <typeparam name="TClass">The class enum.</typeparam>
public sealed class DataLoader<TClass> : IDisposable
    where TClass : struct, Enum
{
    private readonly LoaderOptions options;
    private readonly int[] groups;
    private readonly BatchMaker<TClass> maker;
    private readonly BatchPipeline pipeline;
    private BatchPipeline.Run? reading;
    private int taken;

    /// <summary>Starts the threads; they wait until an epoch is read.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="fitter">Sizes, canvases and normalisation: <see cref="CanvasFitter.For"/> the detector.</param>
    /// <param name="options">Batches, order, augmentation.</param>
    /// <exception cref="ArgumentException">The data set has no images, or an option is out of range.</exception>
    public DataLoader(DetectionDataset<TClass> dataset, CanvasFitter fitter, LoaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(fitter);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        if (dataset.Count == 0)
        {
            throw new ArgumentException($"{dataset.Name}: expected at least one image, found none.", nameof(dataset));
        }

        this.options = options;
        Dataset = dataset;
        groups = BatchPlan.Groups(dataset, fitter);
        maker = new BatchMaker<TClass>(dataset, fitter, options);
        pipeline = new BatchPipeline(options.Threads, options.Prefetch, () => new CanvasWriter(fitter.Pixels), maker.Fill);
    }

    /// <summary>The images.</summary>
    public DetectionDataset<TClass> Dataset { get; }

    /// <summary>The greatest number of boxes of an image, which is the capacity that a training plan needs.</summary>
    public int MaxBoxes => Dataset.Report.MaxObjects;

    /// <summary>Whether the epoch that is read has its next batch ready, or has come to its end. Asked by its reader.</summary>
    internal bool IsNextReady => reading is { } run && pipeline.IsReady(run, taken);

    /// <summary>Batches in the given epoch; with one canvas the same in each.</summary>
    public int CountBatches(int epoch = 0) => BatchPlan.Create(groups, options, epoch).Count;

    /// <summary>
    /// The batches of an epoch, in order. A batch is valid until the next one is asked for. Only one epoch can be read at a time; leaving
    /// the loop early is fine.
    /// </summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="cancellation">Ends the waiting for a batch.</param>
    /// <exception cref="InvalidImageException">An image of the batch cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<Batch> Epoch(int epoch, CancellationToken cancellation = default) => EpochFrom(epoch, 0, cancellation);

    /// <summary>
    /// The rest of an epoch, from one of its batches on. Those before are passed over by their number: none of their images is read, and the
    /// rest has the bits that it has in the whole epoch.
    /// </summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="first">The first batch wanted, from 0; from <see cref="CountBatches"/> on there is none.</param>
    /// <param name="cancellation">Ends the waiting for a batch.</param>
    /// <exception cref="InvalidImageException">An image of the batch cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<Batch> EpochFrom(int epoch, int first, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        return Read(epoch, first, cancellation);
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose() => pipeline.Dispose();

    private IEnumerable<Batch> Read(int epoch, int first, CancellationToken cancellation)
    {
        var batches = BatchPlan.Create(groups, options, epoch);
        var run = pipeline.Start(batches, epoch, first);
        (reading, taken) = (run, first);
        Batch? held = null;
        try
        {
            for (var i = first; i < batches.Count; i++)
            {
                held = pipeline.Take(run, i, cancellation);
                taken = i + 1;
                yield return held;
                pipeline.Return(held);
                held = null;
            }
        }
        finally
        {
            // The reader may leave in the middle of the epoch, with a batch in its hands.
            if (held is not null)
            {
                pipeline.Return(held);
            }

            reading = null;
            pipeline.Stop(run);
        }
    }
}

/// <summary>Fills a batch: decodes, places, varies and writes its images. Runs on the loader's threads.</summary>
internal sealed class BatchMaker<TClass>(DetectionDataset<TClass> dataset, CanvasFitter fitter, LoaderOptions options)
    where TClass : struct, Enum
{
    // Keys an image's random numbers apart from the order's.
    private const ulong ImageKey = 0x696d616765;
    private readonly ImageCache cache = new(options.CacheBytes);

    public void Fill(Batch batch, int[] images, int epoch, CanvasWriter writer)
    {
        var fitted = new ImagePlacement[images.Length];
        for (var i = 0; i < images.Length; i++)
        {
            var item = dataset[images[i]];
            fitted[i] = fitter.Place(item.Width, item.Height);
        }

        var canvas = fitter.CanvasFor(fitted);
        batch.Begin(images.Length, canvas);
        for (var i = 0; i < images.Length; i++)
        {
            var index = images[i];
            var random = new SeededRandom(options.Seed ^ ImageKey, (ulong)epoch, (ulong)index);
            var limit = fitter.Resize is null ? canvas : new CanvasSize(fitted[i].Width, fitted[i].Height);
            var (placement, color) = options.Augmentation.Draw(fitted[i], limit, ref random);
            var image = cache.GetOrLoad(dataset, index);
            var affine = PixelAffine.Create(fitter.Pixels, color, 255);
            if (options.ResizeOnDevice && image.Pixels.Length <= CanvasBytes(canvas))
            {
                CanvasWriter.CheckSource(new PixelSource(image), placement);
                batch.SetSource(i, image, affine);
            }
            else
            {
                writer.Write(image.Pixels, placement, canvas, batch.PixelsOf(i), affine);
            }

            AddObjects(batch, i, index, placement);
        }
    }

    /// <summary>What the canvas takes on its way to the device, in float32: a larger image is better resized before.</summary>
    private static long CanvasBytes(CanvasSize canvas) => (long)canvas.Width * canvas.Height * 3 * sizeof(float);

    private void AddObjects(Batch batch, int image, int index, in ImagePlacement placement)
    {
        var item = dataset[index];
        batch.SetImage(image, index, item.Id, placement);
        foreach (var o in item.Objects)
        {
            if (o.IsCrowd)
            {
                continue;
            }

            var whole = placement.ToCanvas(o.Box);
            var visible = new Box(
                Math.Max(0, whole.X1), Math.Max(0, whole.Y1), Math.Min(placement.Width, whole.X2), Math.Min(placement.Height, whole.Y2));
            var cut = placement.WindowWidth < placement.SourceWidth || placement.WindowHeight < placement.SourceHeight;
            if (!cut)
            {
                batch.AddBox(image, whole, dataset.Classes.ChannelOf(o.Class));
            }
            else if (visible is { Width: > 0, Height: > 0 } && visible.Area >= options.Augmentation.MinVisible * whole.Area)
            {
                batch.AddBox(image, visible, dataset.Classes.ChannelOf(o.Class));
            }
        }
    }
}
