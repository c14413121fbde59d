using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Fovea.App.Terminal;

namespace Fovea.App.Detecting;

/// <summary>
/// Detects in pictures one after the other, while the next are decoded and the last are drawn. A picture that cannot be read is passed
/// over; whatever stops the run, files are written of all that was detected.
/// </summary>
/// <typeparam name="TClass">The class enum.</typeparam>
/// <param name="detector">Computes.</param>
/// <param name="options">What counts as a detection.</param>
/// <param name="tiles">How large pictures are cut; null: not at all.</param>
/// <param name="sources">The pictures, in the order of what is told and written.</param>
/// <param name="targets">Where to.</param>
/// <param name="lines">What is told.</param>
/// <param name="status">How far it is.</param>
internal sealed class DetectRun<TClass>(
    Detector<TClass> detector, DetectOptions options, TileOptions? tiles, IReadOnlyList<PictureSource> sources,
    DetectTargets targets, DetectLines<TClass> lines, StatusLine status)
    where TClass : struct, Enum
{
    // Pictures that are held decoded before detection, and as many after it.
    private static readonly int Ahead = Math.Clamp(Environment.ProcessorCount, 2, 4);
    private readonly IReadOnlyList<long> numbers = CocoResultsWriter.NumberImages([.. sources.Select(s => s.Name)]);
    private readonly Queue<Task<RgbImage>> decoding = new();
    private readonly Queue<Task<Outcome>> drawing = new();
    private readonly List<PictureDetections<TClass>> done = [];
    private readonly List<PictureFailure> failures = [];
    private int told;

    /// <summary>What was detected, in order.</summary>
    public IReadOnlyList<PictureDetections<TClass>> Done => done;

    /// <summary>Pictures of which nothing came.</summary>
    public IReadOnlyList<PictureFailure> Failures => failures;

    /// <summary>Does it all.</summary>
    /// <param name="cancellation">Heeded between pictures.</param>
    /// <exception cref="OperationCanceledException">Cancelled; what was detected is written.</exception>
    /// <exception cref="IOException">Something could not be written.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        ExceptionDispatchInfo? stopped = null;
        async Task Try(Func<Task> work)
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // What came first is what is told; the rest is to be brought to its end all the same.
                stopped ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        await Try(() => DetectAllAsync(cancellation)).ConfigureAwait(false);
        while (drawing.Count > 0)
        {
            await Try(TellAsync).ConfigureAwait(false);
        }

        foreach (Task begun in decoding)
        {
            await begun.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Try(() => Task.Run(WriteResults, CancellationToken.None)).ConfigureAwait(false);
        stopped?.Throw();
    }

    private async Task DetectAllAsync(CancellationToken cancellation)
    {
        var next = 0;
        for (var i = 0; i < sources.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (; next < sources.Count && decoding.Count < Ahead; next++)
            {
                decoding.Enqueue(Task.Run(sources[next].Decode, CancellationToken.None));
            }

            drawing.Enqueue(await DetectAsync(i, decoding.Dequeue(), cancellation).ConfigureAwait(false));
            if (drawing.Count > Ahead)
            {
                await TellAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Detects, and begins to draw.</summary>
    private async Task<Task<Outcome>> DetectAsync(int index, Task<RgbImage> decoded, CancellationToken cancellation)
    {
        var source = sources[index];
        RgbImage image;
        try
        {
            image = await decoded.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(new Outcome(source, null, default, null, new PictureFailure(source.Shown, e.Message)));
        }

        var clock = Stopwatch.StartNew();
        var found = await (tiles is null
            ? detector.DetectAsync(image, options, cancellation)
            : detector.DetectTilesAsync(image, tiles, options, cancellationToken: cancellation)).ConfigureAwait(false);
        var time = clock.Elapsed;
        var picture = new PictureDetections<TClass>(numbers[index], source.Name, image.Width, image.Height, found);
        var outcome = new Outcome(source, picture, time, targets.DrawnOf(index), null);
        return Task.Run(() => Write(index, image, outcome), CancellationToken.None);
    }

    private Outcome Write(int index, RgbImage image, Outcome outcome)
    {
        if (outcome.Drawn is { } drawn)
        {
            DetectionPictures.Save(image, outcome.Picture!.Detections, drawn);
        }

        if (targets.LabelsOf(index) is { } labels)
        {
            YoloLabelWriter.Write(outcome.Picture!, labels);
        }

        return outcome;
    }

    /// <summary>Waits for the oldest picture that is drawn, and tells of it.</summary>
    private async Task TellAsync()
    {
        var outcome = await drawing.Dequeue().ConfigureAwait(false);
        if (outcome.Failure is { } failure)
        {
            failures.Add(failure);
            lines.Failed(failure);
        }
        else
        {
            done.Add(outcome.Picture!);
            lines.Found(outcome.Source, outcome.Picture!, outcome.Time, outcome.Drawn);
        }

        status.Report(++told);
    }

    private void WriteResults()
    {
        if (targets.Forms.Contains(ResultForm.Coco))
        {
            CocoResultsWriter.Write(done, targets.Coco);
        }

        if (targets.Forms.Contains(ResultForm.Csv))
        {
            CsvDetectionsWriter.Write(done, targets.Csv);
        }

        if (targets.Forms.Contains(ResultForm.Yolo))
        {
            YoloLabelWriter.WriteNames<TClass>(targets.ClassNames);
        }
    }

    /// <summary>What came of a picture.</summary>
    private sealed record Outcome(
        PictureSource Source, PictureDetections<TClass>? Picture, TimeSpan Time, string? Drawn, PictureFailure? Failure);
}
