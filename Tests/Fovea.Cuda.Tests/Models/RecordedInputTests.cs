using System.Text.RegularExpressions;

namespace Fovea.Cuda.Tests.Models;

/// <summary>How pictures and batches go to the device, in the calls of a driver that records and has no GPU.</summary>
public class RecordedInputTests
{
    private const int BytesOfAPicture = 64 * 64 * 3;

    [Fact]
    public void A_detection_uploads_the_pictures_bytes_and_resizes_them_on_the_device()
    {
        using var driver = new RecordingCudaDriver();
        using (var detector = Open(driver))
        {
            var picture = new RgbImage(640, 480);
            detector.Detect(picture);
            detector.Detect(picture);
            driver.ClearCalls();
            detector.Detect(picture);
            var calls = driver.Calls;
            var copies = calls.Where(IsUpload).ToArray();

            // The picture, and the size that its boxes are clipped to.
            Assert.Equal([640 * 480 * 3, 2 * sizeof(float)], copies.Select(Bytes));
            Assert.Single(calls, c => c.StartsWith("launch input.normalize_pad", StringComparison.Ordinal));
            Assert.DoesNotContain(calls.TakeWhile(c => !c.StartsWith("launch graph", StringComparison.Ordinal)), IsWaitForStream);

            // A larger one takes memory that no captured work points into: the graph stays.
            detector.Detect(new RgbImage(1920, 1080));
            Assert.Equal(2, driver.Calls.Count(c => c.StartsWith("launch graph", StringComparison.Ordinal)));
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public void The_next_batch_is_on_its_way_before_the_step_is_waited_for()
    {
        using var driver = new RecordingCudaDriver();
        using (var detector = Open(driver))
        {
            var steps = Train(detector, driver, 7);

            // Issued, captured, and from then on replayed: one of the steps in the middle.
            var calls = steps[3];
            var graph = Single(calls, "launch graph[0-9]+, (?<stream>stream[0-9]+)", out var stream);
            var upload = Single(calls, $"copy batch.* <- hostBatch.*, (?!{stream})(?<stream>stream[0-9]+)", out var copies);
            var sync = Single(calls, "synchronize (?<stream>.+)", out var waited);
            Assert.True(graph < upload && upload < sync, string.Join('\n', calls));
            Assert.Equal(stream, waited);
            Assert.InRange(Bytes(calls[upload]), 2 * BytesOfAPicture, 3 * BytesOfAPicture);

            // The copy waits for what read the slot, and is marked; the step's stream waits for the mark, reads, and marks that.
            Assert.Matches($"^wait for event[0-9]+, {copies}$", calls[upload - 1]);
            var copied = Regex.Match(calls[upload + 1], $"^record (event[0-9]+), {copies}$").Groups[1].Value;
            var next = steps[4];
            Assert.Equal($"wait for {copied}, {stream}", next[0]);
            Assert.Equal(3, next.Skip(1).TakeWhile(c => c.StartsWith("copy arena", StringComparison.Ordinal)).Count());
            Assert.All(next.Skip(4).Take(2), c => Assert.StartsWith("launch input.normalize_pad", c, StringComparison.Ordinal));
            Assert.Matches($"^record event[0-9]+, {stream}$", next[6]);
            var read = Regex.Match(next[6], "event[0-9]+").Value;

            // Two steps on, this slot takes its next batch.
            Assert.Contains($"wait for {read}, {copies}", steps[5]);
            Assert.DoesNotContain(calls, IsAllocation);
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public void A_session_may_be_given_back_with_an_upload_on_its_way()
    {
        using var driver = new RecordingCudaDriver();
        using (var detector = Open(driver))
        {
            using var loader = Loader(detector, 4);
            var session = detector.CreateTrainingSession(2, 64, 64, loader.MaxBoxes);
            driver.ClearCalls();
            session.Prefetch(loader.Epoch(0).First());
            Single([.. driver.Calls], "copy batch.* <- hostBatch.*, (?<stream>stream[0-9]+)", out var copies);
            driver.ClearCalls();
            session.Dispose();

            // The stream that the batch is copied on: nothing that it touches is freed before.
            Assert.Contains($"synchronize {copies}", driver.Calls.TakeWhile(c => !c.StartsWith("free", StringComparison.Ordinal)
                || !c.Contains("atch", StringComparison.Ordinal)));
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public void A_prefetched_batch_is_used_only_where_it_is_still_the_same_and_its_plan_too()
    {
        using var driver = new RecordingCudaDriver();
        using var detector = Open(driver);
        using var loader = Loader(detector, 6);
        using var session = detector.CreateTrainingSession(2, 64, 64, loader.MaxBoxes);
        using var wider = detector.CreateTrainingSession(2, 64, 64, loader.MaxBoxes + 1);
        var batch = loader.Epoch(0).First();
        Assert.Equal(1, Uploads(() => session.Prefetch(batch)));
        Assert.Equal(0, Uploads(() => session.SetBatch(batch)));
        Assert.Equal(1, Uploads(() => session.SetBatch(batch)));
        Assert.Equal(1, Uploads(() => wider.SetBatch(batch)));
        session.Prefetch(batch);

        // As the loader fills it anew, with other images.
        batch.Begin(2, batch.Canvas);
        batch.SetImage(0, 0, 0, default);
        batch.SetImage(1, 1, 1, default);
        Assert.Equal(1, Uploads(() => session.SetBatch(batch)));

        int Uploads(Action action)
        {
            driver.ClearCalls();
            action();
            return driver.Calls.Count(IsUpload);
        }
    }

    [Fact]
    public void What_goes_wrong_meanwhile_is_told_after_the_step_and_the_session_goes_on()
    {
        using var driver = new RecordingCudaDriver();
        using (var detector = Open(driver))
        {
            using var loader = Loader(detector, 4);
            using var session = detector.CreateTrainingSession(2, 64, 64, loader.MaxBoxes);
            var optimizer = detector.CreateOptimizer(new Sgd());
            session.SetBatch(loader.Epoch(0).First());
            Assert.Throws<OperationCanceledException>(() => session.Step(optimizer, 0.1, 0, () => throw new OperationCanceledException()));
            Assert.Equal(1, optimizer.Steps);
            var refused = Assert.Throws<InvalidOperationException>(
                () => session.Step(optimizer, 0.1, 0, () => session.SetTruth(0, [1f, 2, 30, 40], [0])));
            Assert.Contains("only Prefetch", refused.Message, StringComparison.Ordinal);

            session.Step(optimizer, 0.1);
            Assert.Equal(3, optimizer.Steps);
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public void A_batch_that_finds_no_memory_leaves_a_session_that_works()
    {
        using var driver = new RecordingCudaDriver { Device = new(0, "A small device", 9, 0, 4, 96 << 20, 227 << 10) };
        using (var detector = Open(driver))
        {
            using var loader = Loader(detector, 4);
            using var session = detector.CreateTrainingSession(2, 64, 64, loader.MaxBoxes);
            var optimizer = detector.CreateOptimizer(new Sgd());
            var batch = loader.Epoch(0).First();
            session.SetBatch(batch);
            session.Step(optimizer, 0.1);
            var rest = driver.Device.MemoryBytes - driver.BytesInUse;
            var all = driver.Allocate(rest / 256 * 256);
            var failure = Assert.Throws<CudaException>(() => session.Step(optimizer, 0.1, 0, () => session.Prefetch(batch)));
            Assert.Equal(CudaFailure.OutOfMemory, failure.Failure);

            driver.Free(all);
            session.SetBatch(batch);
            session.Step(optimizer, 0.1);
            Assert.Equal(3, optimizer.Steps);
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public async Task The_trainer_prefetches()
    {
        using var driver = new RecordingCudaDriver();
        using (var detector = Open(driver))
        {
            // The loader has time to be ahead.
            var options = new TrainerOptions { Epochs = 1, BatchSize = 2, EvaluateEvery = 0 };
            await Trainer.For(detector, options).FitAsync(Pictures.Dataset(16), null, new Pause(TimeSpan.FromMilliseconds(100)));
            var calls = driver.Calls.ToList();
            var first = calls.FindIndex(c => c.StartsWith("launch graph", StringComparison.Ordinal));
            var uploads = Enumerable.Range(first, calls.Count - first).Where(i => IsUpload(calls[i]) && Bytes(calls[i]) > 2 * 61 * 33 * 3);

            // From such an upload on, the next wait for a stream comes before the next graph: it is that of the step that runs.
            Assert.Contains(uploads, i => IsWaitForStream(calls.Skip(i).First(
                c => IsWaitForStream(c) || c.StartsWith("launch graph", StringComparison.Ordinal))));
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public async Task A_training_that_is_cancelled_gives_everything_back()
    {
        using var driver = new RecordingCudaDriver();
        using (var detector = Open(driver))
        {
            using var cancellation = new CancellationTokenSource();
            var options = new TrainerOptions { Epochs = 3, BatchSize = 2, EvaluateEvery = 0 };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Trainer.For(detector, options)
                .FitAsync(Pictures.Dataset(8), null, new CancelAfter(3, cancellation), cancellation.Token));
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public void A_batch_of_other_measures_is_refused_with_both()
    {
        using var driver = new RecordingCudaDriver();
        using var detector = Open(driver);
        using var loader = Loader(detector, 4);
        using var session = detector.CreateTrainingSession(3, 64, 64, loader.MaxBoxes);
        var batch = loader.Epoch(0).First();
        var refused = Assert.Throws<ArgumentException>(() => session.SetBatch(batch));
        Assert.Contains("2 images of 64×64", refused.Message, StringComparison.Ordinal);
        Assert.Contains("expected 3 of 64×64", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Trains with prefetch; the calls of each step, from its <c>SetBatch</c> on.</summary>
    private static List<List<string>> Train(ToyDetector detector, RecordingCudaDriver driver, int steps)
    {
        using var loader = Loader(detector, 2 * steps);
        using var session = detector.CreateTrainingSession(2, 64, 64, loader.MaxBoxes);
        var optimizer = detector.CreateOptimizer(new Sgd());
        var calls = new List<List<string>>();
        using var batches = loader.Epoch(0).GetEnumerator();
        for (var more = batches.MoveNext(); more;)
        {
            driver.ClearCalls();
            session.SetBatch(batches.Current);
            session.Step(optimizer, 0.01, 10, () =>
            {
                more = batches.MoveNext();
                if (more)
                {
                    session.Prefetch(batches.Current);
                }
            });
            calls.Add([.. driver.Calls]);
        }

        return calls;
    }

    private static int Single(List<string> calls, string pattern, out string stream)
    {
        var found = Assert.Single(calls, c => Regex.IsMatch(c, $"^{pattern}$"));
        stream = Regex.Match(found, pattern).Groups["stream"].Value;
        return calls.IndexOf(found);
    }

    private static DataLoader<Thing> Loader(ToyDetector detector, int pictures) => new(
        new InMemoryDataset<Thing>("equal", Enumerable.Range(0, pictures).Select(
            i => (new RgbImage(64, 64), (IReadOnlyList<LabeledBox<Thing>>)[new(Thing.Car, new Box(4, 5, 40, 30 + i))]))),
        detector.Fitter, LoaderOptions.ForTraining(2, seed: 1) with { ResizeOnDevice = true });

    private static ToyDetector Open(RecordingCudaDriver driver) =>
        ToyDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver });

    private static bool IsUpload(string call) => Regex.IsMatch(call, "^copy (?!host).* <- host");

    private static bool IsWaitForStream(string call) => call.StartsWith("synchronize stream", StringComparison.Ordinal);

    private static bool IsAllocation(string call) => call.StartsWith("allocate", StringComparison.Ordinal);

    private static int Bytes(string call) => int.Parse(
        Regex.Match(call, "([0-9]+) bytes").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Takes its time.</summary>
    private sealed class Pause(TimeSpan time) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Thread.Sleep(time);
    }

    /// <summary>Cancels after some steps.</summary>
    private sealed class CancelAfter(int steps, CancellationTokenSource cancellation) : IProgress<TrainingProgress>
    {
        private int seen;

        public void Report(TrainingProgress value)
        {
            if (++seen == steps)
            {
                cancellation.Cancel();
            }
        }
    }
}
