namespace Fovea.Tests.Model;

public class AsyncTests
{
    private static readonly RgbImage Image = ToyScenes.Create(1, 3).LoadImage(0);

    [Fact]
    public async Task Asynchronous_calls_find_what_the_others_find()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(5).Excited();
        ImageFile.SavePng(Image, folder.File("scene.png"));
        var bytes = await File.ReadAllBytesAsync(folder.File("scene.png"));
        using var stream = new MemoryStream(bytes);
        var options = new DetectOptions { MaxDetections = 5 };
        var expected = detector.Detect(Image, options);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, await detector.DetectAsync(folder.File("scene.png"), options));
        Assert.Equal(expected, await detector.DetectAsync(stream, options));
        Assert.Equal(expected, await detector.DetectAsync(bytes, options));
        Assert.Equal(expected, await detector.DetectAsync(Image, options));
        Assert.Equal(expected, await detector.DetectAsync(Image.Pixels, Image.Width, Image.Height, options: options));
        Assert.Equal([expected, expected], await detector.DetectBatchAsync([Image, Image], options));
    }

    [Fact]
    public async Task As_many_calls_work_at_once_as_the_options_say()
    {
        using var detector = ToyDetector.Create(5, new DetectorOptions { MaxConcurrency = 2 });
        var gauge = new Gauge();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Find(detector, new GaugedStream(gauge))));
        Assert.InRange(gauge.Most, 1, 2);

        static async Task Find(ToyDetector detector, Stream stream) =>
            await Assert.ThrowsAsync<InvalidImageException>(() => detector.DetectAsync(stream));
    }

    [Fact]
    public async Task A_call_that_waits_for_its_turn_can_be_cancelled()
    {
        using var detector = ToyDetector.Create(5, new DetectorOptions { MaxConcurrency = 1 });
        using var open = new ManualResetEventSlim();
        using var held = new HeldStream(open);
        using var source = new CancellationTokenSource();
        var first = detector.DetectAsync(held);
        var second = detector.DetectAsync(Image, cancellationToken: source.Token);
        await source.CancelAsync();
        await AssertCanceled(second, source.Token);
        Assert.False(first.IsCompleted);
        open.Set();
        await Assert.ThrowsAsync<InvalidImageException>(() => first);
        Assert.NotNull(await detector.DetectAsync(Image));
    }

    [Fact]
    public async Task Every_asynchronous_call_ends_canceled_where_it_was_cancelled_before()
    {
        using var detector = ToyDetector.Create(5);
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        var token = source.Token;
        var scenes = ToyScenes.Create(4, 1);
        Task[] tasks =
        [
            detector.DetectAsync("no such file", cancellationToken: token),
            detector.DetectAsync(Stream.Null, cancellationToken: token),
            detector.DetectAsync(new byte[3], cancellationToken: token),
            detector.DetectAsync(Image, cancellationToken: token),
            detector.DetectAsync(Image.Pixels, Image.Width, Image.Height, cancellationToken: token),
            detector.DetectBatchAsync([Image], cancellationToken: token),
            detector.EvaluateAsync(scenes, cancellationToken: token),
            Trainer.For(detector).FitAsync(scenes, cancellationToken: token),
        ];
        foreach (var task in tasks)
        {
            await AssertCanceled(task, token);
        }
    }

    [Fact]
    public async Task A_training_that_is_cancelled_midway_ends_canceled()
    {
        using var detector = ToyDetector.Create(5);
        using var source = new CancellationTokenSource();
        var options = new TrainerOptions { Epochs = 2, BatchSize = 4, EvaluateEvery = 1 };
        var scenes = ToyScenes.Create(16, 1);
        var stop = new Stop<TrainingProgress>(source, p => p.Iteration == 2);
        await AssertCanceled(Trainer.For(detector, options).FitAsync(scenes, scenes, stop, source.Token), source.Token);
    }

    [Fact]
    public async Task An_evaluation_that_is_cancelled_midway_ends_canceled_also_within_a_training()
    {
        using var detector = ToyDetector.Create(5);
        using var source = new CancellationTokenSource();
        var scenes = ToyScenes.Create(16, 1);
        await AssertCanceled(
            detector.EvaluateAsync(scenes, null, new Stop<EvaluationProgress>(source, p => p.Images >= 4), source.Token), source.Token);

        using var second = new CancellationTokenSource();
        var options = new TrainerOptions { Epochs = 1, BatchSize = 4, EvaluateEvery = 1 };
        var stop = new Stop<TrainingProgress>(second, p => p.Stage == TrainingStage.Evaluating);
        await AssertCanceled(Trainer.For(detector, options).FitAsync(scenes, scenes, stop, second.Token), second.Token);
    }

    [Fact]
    public async Task What_goes_wrong_is_faulted_and_not_canceled()
    {
        using var detector = ToyDetector.Create(5);
        using var source = new CancellationTokenSource();
        var task = detector.DetectAsync("no such file", cancellationToken: source.Token);
        await Assert.ThrowsAsync<FileNotFoundException>(() => task);
        Assert.True(task.IsFaulted);
    }

    [Fact]
    public void A_concurrency_below_zero_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ToyDetector.Create(5, new DetectorOptions { MaxConcurrency = -1 }));

    private static async Task AssertCanceled(Task task, CancellationToken token)
    {
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.True(task.IsCanceled, $"{task.Status}");
        Assert.Equal(token, error.CancellationToken);
    }

    private sealed class Stop<T>(CancellationTokenSource source, Predicate<T> when) : IProgress<T>
    {
        public void Report(T value)
        {
            if (when(value))
            {
                source.Cancel();
            }
        }
    }

    /// <summary>Counts who is in at the same time.</summary>
    private sealed class Gauge
    {
        private readonly Lock gate = new();
        private int now;

        public int Most { get; private set; }

        public void Pass()
        {
            lock (gate)
            {
                Most = Math.Max(Most, ++now);
            }

            Thread.Sleep(5);
            lock (gate)
            {
                now--;
            }
        }
    }

    /// <summary>Empty, but slow to say so.</summary>
    private sealed class GaugedStream(Gauge gauge) : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            gauge.Pass();
            return 0;
        }
    }

    /// <summary>Empty, and says so when it may.</summary>
    private sealed class HeldStream(ManualResetEventSlim open) : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            open.Wait();
            return 0;
        }
    }
}
