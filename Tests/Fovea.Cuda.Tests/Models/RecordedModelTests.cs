using Fovea.Cuda.Tests.Support;

namespace Fovea.Cuda.Tests.Models;

/// <summary>What a training step and a detection ask of the driver, in order, over a driver that records and has no GPU.</summary>
public class RecordedModelTests
{
    [Fact]
    public void A_step_of_ResNet50_is_issued_then_captured_then_replayed()
    {
        using var driver = new RecordingCudaDriver();
        using (var detector = FullDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver }))
        {
            using var session = detector.CreateTrainingSession(2, 640, 640);
            session.SetTruth(0, [10f, 10, 200, 200], [1]);
            var optimizer = detector.CreateOptimizer(new Sgd());
            session.Step(optimizer, 0.01, 10);
            driver.ClearCalls();

            session.Step(optimizer, 0.01, 10);
            var captured = Calls(driver);
            session.Step(optimizer, 0.01, 10);
            var replayed = Calls(driver);

            Assert.Contains(captured, c => c.StartsWith("begin capture", StringComparison.OrdinalIgnoreCase));
            Assert.True(captured.Count(IsLaunch) > 300, $"{captured.Count(IsLaunch)} launches");
            Assert.DoesNotContain(captured, IsAllocation);
            Assert.DoesNotContain(replayed, IsLaunch);
            Assert.DoesNotContain(replayed, IsAllocation);
            Assert.Single(replayed, c => c.Contains("graph", StringComparison.OrdinalIgnoreCase));
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public void A_detection_of_ResNet50_is_issued_then_captured_then_replayed()
    {
        using var driver = new RecordingCudaDriver();
        using (var detector = FullDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver }))
        {
            using var session = detector.CreateSession(1, 640, 640);
            session.Run();
            driver.ClearCalls();
            session.Run();
            var captured = Calls(driver);
            session.Run();
            var replayed = Calls(driver);

            Assert.True(captured.Count(IsLaunch) > 80, $"{captured.Count(IsLaunch)} launches");
            Assert.DoesNotContain(replayed, IsLaunch);
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public void A_detection_with_other_limits_is_not_the_one_that_was_captured()
    {
        using var driver = new RecordingCudaDriver();
        using var detector = ToyDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver });
        using var session = detector.CreateSession(1, 64, 64);
        for (var i = 0; i < 3; i++)
        {
            session.Run();
        }

        driver.ClearCalls();
        session.Run(new DetectOptions { ScoreThreshold = 0.3 });
        Assert.Contains(Calls(driver), IsLaunch);

        // Equal limits are the same work, whoever asks: captured the second time, replayed the third.
        session.Run(new DetectOptions { ScoreThreshold = 0.3 });
        Assert.Contains(Calls(driver), c => c.StartsWith("begin capture", StringComparison.OrdinalIgnoreCase));
        session.Run(new DetectOptions { ScoreThreshold = 0.3 });
        Assert.DoesNotContain(Calls(driver), IsLaunch);

        // The graphs of both are kept.
        session.Run();
        Assert.DoesNotContain(Calls(driver), IsLaunch);
        session.Run(new DetectOptions { ScoreThreshold = 0.3 });
        Assert.DoesNotContain(Calls(driver), IsLaunch);
    }

    [Fact]
    public void A_warm_detection_allocates_nothing_on_the_managed_heap()
    {
        using var meter = new AllocationMeter(new RecordingCudaDriver());
        using var detector = ToyDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = meter });
        using var session = detector.CreateSession(1, 64, 64);
        var few = new DetectOptions { MaxDetections = 3 };
        var found = new RawDetection[session.MaxDetections];
        var least = Enumerable.Range(0, 8).Min(_ =>
        {
            var (before, below) = (GC.GetAllocatedBytesForCurrentThread(), meter.Below);
            session.Run();
            session.Run(few);
            session.ReadDetections(0, found);
            return GC.GetAllocatedBytesForCurrentThread() - before - (meter.Below - below);
        });

        Assert.Equal(0, least);
    }

    [Fact]
    public void Sessions_work_on_other_threads_than_the_one_that_made_them()
    {
        using var driver = new RecordingCudaDriver();
        using var detector = ToyDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver });
        using var session = detector.CreateSession(1, 64, 64);
        var failure = OnNewThread(() =>
        {
            session.SetInput(new float[64 * 64 * 3]);
            session.SetImageSize(0, 60, 50);
            session.Run();
            session.ReadDetections(0, new RawDetection[10]);
            session.ReadLogits(0);
        });

        Assert.Null(failure);
        Assert.Null(OnNewThread(() => session.SetInput(new float[64 * 64 * 3])));
        Assert.Null(OnNewThread(() => session.SetImage(0, new byte[40 * 50 * 3], new(40, 50, 51, 64))));
    }

    [Fact]
    public void Training_goes_on_on_other_threads()
    {
        using var driver = new RecordingCudaDriver();
        using var detector = ToyDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver });
        using var loader = new DataLoader<Thing>(
            Pictures.Dataset(6), detector.Fitter, LoaderOptions.ForTraining(2, seed: 1) with { ResizeOnDevice = true });
        using var session = detector.CreateTrainingSession(2, 64, 64, loader.MaxBoxes);
        var optimizer = detector.CreateOptimizer(new Sgd());
        using var batches = loader.Epoch(0).GetEnumerator();
        for (var more = batches.MoveNext(); more;)
        {
            Assert.Null(OnNewThread(() => session.SetBatch(batches.Current)));
            Assert.Null(OnNewThread(() => session.Step(optimizer, 0.01)));
            more = batches.MoveNext();
            if (more)
            {
                Assert.Null(OnNewThread(() => session.Prefetch(batches.Current)));
            }
        }

        Assert.Equal(3, optimizer.Steps);
    }

    [Fact]
    public void Detectors_share_a_driver_and_move_on_it()
    {
        using var driver = new RecordingCudaDriver();
        var options = new DetectorOptions { Device = Device.Cuda, CudaDriver = driver };
        using (var first = ToyDetector.Create(seed: 1, options))
        {
            using var second = ToyDetector.Create(seed: 2, options);
            first.MoveTo(options with { Precision = Precision.Float32 });
            first.MoveTo(options with { Device = Device.Cpu });

            Assert.Equal((Device.Cpu, Device.Cuda), (first.Device, second.Device));
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public void A_plan_beyond_the_devices_memory_is_told_with_its_figures_and_leaves_nothing_behind()
    {
        using var driver = new RecordingCudaDriver { Device = Small };
        using (var detector = ToyDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver }))
        {
            var before = driver.BytesInUse;
            var failure = Assert.Throws<CudaException>(() => detector.CreateTrainingSession(64, 640, 640));

            Assert.Equal(CudaFailure.OutOfMemory, failure.Failure);
            Assert.Contains("64 images of 640×640", failure.Message, StringComparison.Ordinal);
            Assert.Equal(before, driver.BytesInUse);
        }

        Assert.Empty(driver.Leaks);
    }

    private static CudaDeviceInfo Small => new(0, "A small device", 9, 0, 4, 256 << 20, 227 << 10);

    private static Exception? OnNewThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(action));
        thread.Start();
        thread.Join();
        return failure;
    }

    private static List<string> Calls(RecordingCudaDriver driver)
    {
        var calls = driver.Calls.ToList();
        driver.ClearCalls();
        return calls;
    }

    private static bool IsLaunch(string call) => call.StartsWith("launch", StringComparison.OrdinalIgnoreCase)
        && !call.Contains("graph", StringComparison.OrdinalIgnoreCase);

    private static bool IsAllocation(string call) => call.StartsWith("alloc", StringComparison.OrdinalIgnoreCase);
}
