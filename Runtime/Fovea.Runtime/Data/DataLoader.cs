using System.Runtime.CompilerServices;
using Fovea.Data;
using Fovea.Data.Variation;
using Fovea.Imaging;

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
    private readonly BatchMembers groups;
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
        : this(dataset, fitter, options, null)
    {
    }

    /// <param name="dataset">The images.</param>
    /// <param name="fitter">Sizes, canvases and normalisation.</param>
    /// <param name="options">Batches, order, augmentation.</param>
    /// <param name="cache">Pictures of this data set that outlive the loader; null: the loader's own, as its options say.</param>
    internal DataLoader(DetectionDataset<TClass> dataset, CanvasFitter fitter, LoaderOptions options, ImageCache? cache)
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
        groups = BatchPlan.Groups(dataset, fitter, options);
        maker = new BatchMaker<TClass>(dataset, fitter, options, cache ?? new ImageCache(options.CacheBytes));
        pipeline = new BatchPipeline(options.Threads, options.Prefetch, () => new CanvasWriter(fitter.Pixels), maker.Fill);
    }

    /// <summary>The images.</summary>
    public DetectionDataset<TClass> Dataset { get; }

    /// <summary>The greatest number of boxes of a canvas, crowd regions included: the capacity that a training plan needs.</summary>
    public int MaxBoxes => (options.IgnoreCrowds ? Dataset.Report.MaxBoxes : Dataset.Report.MaxObjects) * options.Augmentation.MostSources;

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
internal sealed class BatchMaker<TClass>(DetectionDataset<TClass> dataset, CanvasFitter fitter, LoaderOptions options, ImageCache cache)
    where TClass : struct, Enum
{
    private readonly ImageVariation variation = new(options.Augmentation, options.Seed);

    // One for each loader thread, as writers are.
    private readonly ConditionalWeakTable<CanvasWriter, CanvasComposer<TClass>> composers = [];

    public void Fill(Batch batch, int[] showings, int epoch, CanvasWriter writer)
    {
        var scaled = fitter.Scaled(variation.ScaleOf(epoch, showings[0]));
        var images = Array.ConvertAll(showings, s => s % dataset.Count);
        var quarters = Array.ConvertAll(showings, s => variation.QuartersOf(epoch, s));
        var (fitted, canvas) = Fit(scaled, showings, images, quarters, epoch);
        batch.Begin(images.Length, canvas);
        for (var i = 0; i < images.Length; i++)
        {
            var limit = scaled.Resize is null ? canvas : new CanvasSize(fitted[i].Width, fitted[i].Height);
            var (placement, color) = variation.Place(epoch, showings[i], fitted[i], limit);
            var image = new VariedImage(images[i], quarters[i], placement, color);
            var random = variation.RandomOf(epoch, showings[i]);
            if (options.Augmentation.MostSources > 1 && ComposerOf(writer).Draw(ref random) is var (mosaic, mixUp) && (mosaic || mixUp))
            {
                AddComposed(batch, i, image, mosaic, mixUp, ref random, writer);
            }
            else
            {
                AddPixels(batch, i, QuarterTurn.Turn(cache.GetOrLoad(dataset, image.Index), image.Quarters), placement, color, writer);
                batch.SetImage(i, image.Index, dataset[image.Index].Id, placement);
                AddObjects(batch, i, image.ObjectsOf(dataset[image.Index].Objects, options.Augmentation.MinVisible));
            }
        }
    }

    private CanvasComposer<TClass> ComposerOf(CanvasWriter writer) => composers.GetValue(
        writer, _ => new CanvasComposer<TClass>(dataset, i => cache.GetOrLoad(dataset, i), options.Augmentation, fitter.Pixels));

    /// <summary>What the canvas takes on its way to the device, in float32: a larger image is better resized before.</summary>
    private static long CanvasBytes(CanvasSize canvas) => (long)canvas.Width * canvas.Height * 3 * sizeof(float);

    /// <summary>How turned and cut pictures lie on the batch's canvas. A fixed canvas is that of the pictures as they are.</summary>
    private (ImagePlacement[] Fitted, CanvasSize Canvas) Fit(CanvasFitter scaled, int[] showings, int[] images, int[] quarters, int epoch)
    {
        var fitted = Array.ConvertAll(images, i => scaled.Place(dataset[i].Width, dataset[i].Height));
        var canvas = scaled.CanvasFor(fitted);
        var changed = false;
        for (var i = 0; i < images.Length; i++)
        {
            var item = dataset[images[i]];
            var (width, height) = QuarterTurn.SizeOf(item.Width, item.Height, quarters[i]);
            var window = variation.WindowOf(epoch, showings[i], item, quarters[i]);
            if (quarters[i] != 0 || window.Width < width || window.Height < height)
            {
                fitted[i] = scaled.PlaceWindow(width, height, window, canvas);
                changed = true;
            }
        }

        return (fitted, changed && scaled.Resize is not null ? scaled.CanvasFor(fitted) : canvas);
    }

    private void AddPixels(Batch batch, int i, RgbImage image, in ImagePlacement placement, in ColorTransform color, CanvasWriter writer)
    {
        var affine = PixelAffine.Create(fitter.Pixels, color, 255);
        if (options.ResizeOnDevice && image.Pixels.Length <= CanvasBytes(batch.Canvas))
        {
            CanvasWriter.CheckSource(new PixelSource(image), placement);
            batch.SetSource(i, image, affine);
        }
        else
        {
            writer.Write(image.Pixels, placement, batch.Canvas, batch.PixelsOf(i), affine);
        }
    }

    private void AddComposed(Batch batch, int i, in VariedImage own, bool mosaic, bool mixUp, ref SeededRandom random, CanvasWriter writer)
    {
        var canvas = batch.Canvas;
        var objects = new List<LabeledBox<TClass>>();
        var painted = ComposerOf(writer).Compose(own, canvas, mosaic, mixUp, ref random, objects);
        var placement = new ImagePlacement(canvas.Width, canvas.Height, canvas.Width, canvas.Height);
        AddPixels(batch, i, painted, placement, own.Color, writer);
        batch.SetImage(i, own.Index, dataset[own.Index].Id, placement);
        AddObjects(batch, i, objects);
    }

    private void AddObjects(Batch batch, int image, IEnumerable<LabeledBox<TClass>> objects)
    {
        List<Box>? regions = null;
        foreach (var o in objects)
        {
            if (!o.IsCrowd)
            {
                batch.AddBox(image, o.Box, dataset.Classes.ChannelOf(o.Class));
            }
            else if (options.IgnoreCrowds)
            {
                (regions ??= []).Add(o.Box);
            }
        }

        regions?.ForEach(r => batch.AddRegion(image, r));
    }
}
