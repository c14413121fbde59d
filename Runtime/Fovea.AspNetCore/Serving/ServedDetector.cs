using System.Diagnostics;
using Fovea.AspNetCore.Requests;
using Microsoft.Extensions.Logging;

namespace Fovea.AspNetCore.Serving;

/// <summary>A detector of the application, whatever its classes: whether it is ready, its places and its work.</summary>
internal abstract partial class ServedDetector(Type type, ServingOptions options, DetectorMetrics metrics, ILogger logger) : IDisposable
{
    /// <summary>How messages call a picture: nothing of what a client says of it.</summary>
    public const string UploadName = "the uploaded file";

    private volatile string? failure;
    private volatile string? unready = "it is being made";

    public Type Type => type;

    public string Name => type.Name;

    public ServingOptions Options => options;

    public DetectorMetrics Metrics => metrics;

    public WorkPlaces Places { get; } = new(options.Places, options.MaxQueue);

    /// <summary>Why it cannot be asked; null: it can.</summary>
    public string? Unready => unready;

    /// <summary>What the latest picture failed with that was the picture's fault in no way; null: it did not.</summary>
    public string? Failure => failure;

    /// <summary>Of the detector that is ready.</summary>
    public abstract ModelDescription Description { get; }

    /// <summary>Waits for a place and works there. A picture that has begun to be detected in is finished; before and after, leaving is heeded.</summary>
    /// <param name="file">A picture's file.</param>
    /// <param name="wanted">What is wanted.</param>
    /// <param name="drawn">The kind of picture to draw; null: none.</param>
    /// <param name="cancellation">The client left.</param>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="RefusedException">That kind of picture is not written here.</exception>
    public async Task<DetectorWork> WorkAsync(ReadOnlyMemory<byte> file, DetectOptions wanted, ImageFormat? drawn, CancellationToken cancellation)
    {
        await TakePlaceAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Work(file.Span, wanted, drawn, cancellation), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (InvalidImageException or RefusedException or OperationCanceledException))
        {
            failure = e.Message;
            throw;
        }
        finally
        {
            Places.Release();
        }
    }

    public void Dispose() => Places.Dispose();

    /// <summary>Finds the objects of a picture.</summary>
    protected abstract IReadOnlyList<FoundObject> Detect(RgbImage picture, DetectOptions? wanted);

    /// <summary>
    /// Detects once at each place, on every declared canvas, so that sessions and compiled code are there. No file is written or read for it:
    /// a client's limits may be below the canvas, and the application may have been built without the writer of a format.
    /// </summary>
    protected async Task WarmUpAsync(string device, long started)
    {
        var canvases = Description.InputSizes is { Length: > 0 } sizes ? sizes : [new CanvasSize(640, 480)];
        foreach (var canvas in canvases)
        {
            var picture = new RgbImage(canvas.Width, canvas.Height);
            await Task.WhenAll(Enumerable.Range(0, options.Places).Select(_ => Task.Run(() => Detect(picture, options.Detect)))).ConfigureAwait(false);
        }

        unready = null;
        Ready(logger, Name, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds, options.Places, options.MaxQueue, device);
    }

    protected void Stop() => unready = "it is stopping";

    [LoggerMessage(1, LogLevel.Information, "{Detector} is ready after {Milliseconds} ms: {Places} pictures at a time, {Queue} may wait; {Device}")]
    private static partial void Ready(ILogger logger, string detector, long milliseconds, int places, int queue, string device);

    private async Task TakePlaceAsync(CancellationToken cancellation)
    {
        var arrived = Stopwatch.GetTimestamp();
        metrics.Queued();
        try
        {
            await Places.TakeAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            metrics.Dequeued(Stopwatch.GetElapsedTime(arrived));
        }
    }

    private DetectorWork Work(ReadOnlySpan<byte> file, DetectOptions wanted, ImageFormat? drawn, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var picture = ImageFile.Decode(file, UploadName, options.ImageLimits);
        cancellation.ThrowIfCancellationRequested();
        var found = Detect(picture, wanted);
        cancellation.ThrowIfCancellationRequested();
        var annotated = drawn is { } format ? Draw(picture, found, format) : null;
        var time = Stopwatch.GetElapsedTime(started);
        failure = null;
        metrics.Worked(time, found);
        return new DetectorWork(picture.Width, picture.Height, time, found, annotated);
    }

    private static byte[] Draw(RgbImage picture, IReadOnlyList<FoundObject> found, ImageFormat format)
    {
        var boxes = found.Select(f => new DrawnBox(new Box(f.Box.X1, f.Box.Y1, f.Box.X2, f.Box.Y2), f.Class, f.Score, f.Channel));
        using var encoded = new MemoryStream();
        try
        {
            ImageFile.Codec.Encode(DetectionDrawing.Draw(picture, boxes), format, 90, encoded);
        }
        catch (NotSupportedException e)
        {
            // As IImageCodec has it: the application was built without this writer, which is no failure of the detector.
            throw RefusedException.NotAcceptable(e.Message);
        }

        return encoded.ToArray();
    }
}

/// <summary>What came of a picture.</summary>
/// <param name="Width">Of the upright picture.</param>
/// <param name="Height">Of the upright picture.</param>
/// <param name="Time">Decoding, detecting, drawing; not waiting.</param>
/// <param name="Found">Best first.</param>
/// <param name="Drawn">The picture with boxes, as a file; null where none was wanted.</param>
internal sealed record DetectorWork(int Width, int Height, TimeSpan Time, IReadOnlyList<FoundObject> Found, byte[]? Drawn);
