using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Fovea.Model;

/// <summary>Reads a stream of pictures while others are computed, and hands them out in the stream's order.</summary>
/// <typeparam name="TClass">The classes of the detector.</typeparam>
/// <param name="detector">Computes.</param>
/// <param name="detect">What is wanted of detections.</param>
/// <param name="options">Batches and bounds.</param>
internal sealed class DetectionStream<TClass>(Detector<TClass> detector, DetectOptions? detect, StreamOptions options)
    where TClass : struct, Enum
{
    private readonly int room = options.Room;

    public async IAsyncEnumerable<DetectedImage<TClass>> RunAsync(
        IAsyncEnumerable<RgbImage> images, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var places = new SemaphoreSlim(room);
        var begun = Channel.CreateUnbounded<Batch>(new() { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(() => ReadAsync(images, places, begun.Writer, stop.Token), CancellationToken.None);
        try
        {
            var index = 0L;
            await foreach (var batch in begun.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                var found = await ResultOf(batch, cancellation).ConfigureAwait(false);
                for (var i = 0; i < found.Count; i++)
                {
                    yield return new DetectedImage<TClass>(index++, batch.Images[i], found[i]);
                    places.Release();
                }
            }

            cancellation.ThrowIfCancellationRequested();
        }
        finally
        {
            // Whoever leaves early leaves nothing running behind: neither the source nor a detection.
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (begun.Reader.TryRead(out var batch))
            {
                await ((Task)batch.Found).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Begins a detection for each batch; an error of the source comes after what it gave before.</summary>
    private async Task ReadAsync(
        IAsyncEnumerable<RgbImage> images, SemaphoreSlim places, ChannelWriter<Batch> begun, CancellationToken stop)
    {
        Exception? problem = null;
        var batch = new List<RgbImage>(options.BatchSize);
        try
        {
            var source = images.GetAsyncEnumerator(stop);
            await using (source.ConfigureAwait(false))
            {
                await places.WaitAsync(stop).ConfigureAwait(false);
                for (var index = 0L; await source.MoveNextAsync().ConfigureAwait(false); index++)
                {
                    batch.Add(source.Current ?? throw new ArgumentException(
                        FormattableString.Invariant($"images: number {index} of the stream is null: expected a picture."), nameof(images)));
                    if (batch.Count == options.BatchSize)
                    {
                        Begin();
                    }

                    await places.WaitAsync(stop).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            batch.Clear();
        }
        catch (Exception e)
        {
            problem = e;
        }

        if (batch.Count > 0)
        {
            Begin();
        }

        begun.Complete(problem);

        void Begin()
        {
            begun.TryWrite(new Batch(batch, detector.DetectBatchAsync(batch, detect, stop)));
            batch = new List<RgbImage>(options.BatchSize);
        }
    }

    private static async Task<IReadOnlyList<IReadOnlyList<Detection<TClass>>>> ResultOf(Batch batch, CancellationToken cancellation)
    {
        try
        {
            return await batch.Found.ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
    }

    /// <summary>Pictures, and what is or will be found in them.</summary>
    private readonly record struct Batch(List<RgbImage> Images, Task<IReadOnlyList<IReadOnlyList<Detection<TClass>>>> Found);
}
