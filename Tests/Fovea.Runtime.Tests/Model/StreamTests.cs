using System.Runtime.CompilerServices;

namespace Fovea.Tests.Model;

public class StreamTests
{
    private static readonly RgbImage[] Images = [.. Enumerable.Range(0, 12).Select(i => ToyScenes.Create(12, 3).LoadImage(i))];

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(1, 6, 3)]
    [InlineData(5, 0, 2)]
    [InlineData(5, 5, 2)]
    [InlineData(100, 0, 1)]
    public async Task What_is_found_comes_in_order_and_no_more_pictures_are_held_than_is_said(int batch, int buffered, int concurrent)
    {
        using var detector = ToyDetector.Create(5, new DetectorOptions { MaxConcurrency = concurrent }).Excited();
        var options = new DetectOptions { MaxDetections = 7 };
        var most = buffered > 0 ? buffered : (2 * batch) + 1;
        var given = 0;
        var done = 0;
        await foreach (var (index, image, found) in detector.DetectAsync(
            Source(), options, new StreamOptions { BatchSize = batch, Buffered = buffered }))
        {
            Assert.Equal(done, index);
            Assert.Same(Images[done], image);
            Assert.Equal(detector.Detect(image, options), found);
            await Task.Delay(2);
            Assert.InRange(Volatile.Read(ref given) - done, 1, most);
            done++;
        }

        Assert.Equal(Images.Length, done);

        async IAsyncEnumerable<RgbImage> Source()
        {
            foreach (var image in Images)
            {
                await Task.Yield();
                Interlocked.Increment(ref given);
                yield return image;
            }
        }
    }

    [Fact]
    public async Task A_picture_is_handed_out_while_the_source_is_waited_for()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var next = new TaskCompletionSource();
        var stream = detector.DetectAsync(Source()).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        var second = stream.MoveNextAsync();
        Assert.False(second.IsCompleted);
        next.SetResult();
        Assert.True(await second);
        Assert.False(await stream.MoveNextAsync());
        await stream.DisposeAsync();

        async IAsyncEnumerable<RgbImage> Source()
        {
            yield return Images[0];
            await next.Task;
            yield return Images[1];
        }
    }

    [Fact]
    public async Task Leaving_early_ends_the_source()
    {
        var ended = 0;
        using var detector = ToyDetector.Create(5).Excited();
        await foreach (var found in detector.DetectAsync(Endless(() => ended++), stream: new StreamOptions { Buffered = 8 }))
        {
            if (found.Index == 3)
            {
                break;
            }
        }

        Assert.Equal(1, ended);
    }

    [Fact]
    public async Task An_error_of_the_source_comes_after_all_that_was_before_it()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var done = 0;
        var error = await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (var found in detector.DetectAsync(Source(), stream: new StreamOptions { BatchSize = 2 }))
            {
                done++;
            }
        });
        Assert.Equal("the camera is gone", error.Message);
        Assert.Equal(3, done);

        static async IAsyncEnumerable<RgbImage> Source()
        {
            for (var i = 0; i < 3; i++)
            {
                await Task.Yield();
                yield return Images[i];
            }

            throw new InvalidDataException("the camera is gone");
        }
    }

    [Fact]
    public async Task A_picture_that_is_none_is_named_by_its_place()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Count(detector.DetectAsync(Several([Images[0], null!]))));
        Assert.Contains("number 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_stream_ends_canceled_with_the_callers_token()
    {
        using var detector = ToyDetector.Create(5).Excited();
        using var source = new CancellationTokenSource();
        var ended = 0;
        var done = 0;
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var found in detector.DetectAsync(Endless(() => ended++), cancellationToken: source.Token))
            {
                if (++done == 3)
                {
                    await source.CancelAsync();
                }
            }
        });
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal((3, 1), (done, ended));
    }

    [Fact]
    public async Task A_detector_that_is_disposed_of_ends_the_stream()
    {
        var detector = ToyDetector.Create(5).Excited();
        var ended = 0;
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (var found in detector.DetectAsync(Endless(() => ended++)))
            {
                detector.Dispose();
            }
        });
        Assert.Equal(1, ended);
    }

    [Fact]
    public async Task A_stream_of_nothing_is_empty_and_wrong_options_are_told_at_once()
    {
        using var detector = ToyDetector.Create(5);
        Assert.Equal(0, await Count(detector.DetectAsync(Several([]))));
        Assert.Throws<ArgumentNullException>(() => detector.DetectAsync((IAsyncEnumerable<RgbImage>)null!));
        Assert.Throws<ArgumentException>(() => detector.DetectAsync(Several([]), new() { ScoreThreshold = 2 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => detector.DetectAsync(Several([]), stream: new() { BatchSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => detector.DetectAsync(Several([]), stream: new() { Buffered = -1 }));
        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => detector.DetectAsync(Several([]), stream: new() { BatchSize = 4, Buffered = 3 }));
        Assert.Contains("never full", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Raw_video_is_read_frame_by_frame_however_its_bytes_come()
    {
        var bytes = new byte[3 * 5 * 4 * 3];
        new Random(2).NextBytes(bytes);
        using var stream = new Drops(bytes);
        var frames = new List<RgbImage>();
        await foreach (var frame in RawVideo.ReadAsync(stream, 5, 4))
        {
            frames.Add(frame);
        }

        Assert.Equal(3, frames.Count);
        Assert.Equal(bytes, frames.SelectMany(f => f.Pixels));
    }

    [Fact]
    public async Task A_frame_that_is_cut_off_is_told_with_its_number()
    {
        using var stream = new MemoryStream(new byte[100]);
        var frames = 0;
        var error = await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (var frame in RawVideo.ReadAsync(stream, 5, 4))
            {
                frames++;
            }
        });
        Assert.Equal(1, frames);
        Assert.Contains("frame 1: 5×4 pixels of 3 bytes take 60 bytes, found 40", error.Message, StringComparison.Ordinal);
    }

    private static async Task<int> Count(IAsyncEnumerable<DetectedImage<ToyClass>> stream)
    {
        var count = 0;
        await foreach (var found in stream)
        {
            count++;
        }

        return count;
    }

    private static async IAsyncEnumerable<RgbImage> Several(RgbImage[] images)
    {
        foreach (var image in images)
        {
            await Task.Yield();
            yield return image;
        }
    }

    private static async IAsyncEnumerable<RgbImage> Endless(Action ended, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                await Task.Yield();
                cancellation.ThrowIfCancellationRequested();
                yield return Images[i % Images.Length];
            }
        }
        finally
        {
            ended();
        }
    }

    /// <summary>Gives seven bytes at a time.</summary>
    private sealed class Drops(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(7, buffer.Length)], cancellationToken);
    }
}
