using Fovea.Cuda.Checks;

namespace Fovea.Cuda.Tests.Models;

/// <summary>A driver that detectors share is disposed of before them: they give back what they have, and say that it is gone.</summary>
public class SharedDriverTests
{
    private static readonly RgbImage Picture = new(64, 64);

    [Fact]
    public void It_takes_its_detectors_with_it()
    {
        var driver = new RecordingCudaDriver();
        using var first = Open(driver);
        using var second = Open(driver);
        using var session = second.CreateTrainingSession(1, 64, 64);
        first.Detect(Picture);
        driver.Dispose();
        Assert.Equal("close", driver.Calls[^1]);
        Assert.Empty(driver.Leaks);
        Assert.Contains(nameof(ToyDetector), Assert.Throws<ObjectDisposedException>(() => first.Detect(Picture)).ObjectName, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => session.ForwardBackward());
        Assert.Throws<ObjectDisposedException>(() => second.CreateTrainingSession(1, 64, 64));
        driver.Dispose();
    }

    [Fact]
    public async Task It_waits_for_the_calls_that_have_begun()
    {
        for (var round = 0; round < 20; round++)
        {
            var driver = new RecordingCudaDriver();
            using var first = Open(driver);
            using var second = Open(driver);
            using var atWork = new CountdownEvent(4);
            var work = Enumerable.Range(0, 4).Select(i => Task.Factory.StartNew(
                () => UntilItIsGone(i % 2 == 0 ? first : second, atWork), TaskCreationOptions.LongRunning)).ToArray();
            Assert.True(atWork.Wait(TimeSpan.FromSeconds(60)), "the detectors are not at work.");

            // A detector of its own disposal, too, which the driver waits for.
            await Task.WhenAll(Task.Run(driver.Dispose), Task.Run(first.Dispose));

            // Any other exception, as that of a call after the context, fails here.
            Assert.All(await Task.WhenAll(work), name => Assert.Contains(nameof(ToyDetector), name, StringComparison.Ordinal));
            Assert.Equal("close", driver.Calls[^1]);
            Assert.Empty(driver.Leaks);
        }
    }

    [Fact]
    public void In_the_middle_of_a_call_it_stays_open()
    {
        using var driver = new RecordingCudaDriver();
        using var detector = Open(driver);
        using (detector.Model.Lifetime.Use())
        {
            Assert.Contains("within a detector's call", Assert.Throws<InvalidOperationException>(driver.Dispose).Message, StringComparison.Ordinal);
        }

        detector.Detect(Picture);
    }

    [Fact]
    public void A_detector_that_is_disposed_of_is_forgotten()
    {
        using var driver = new RecordingCudaDriver();
        using var rest = Open(driver);
        Open(driver).Dispose();
        rest.Detect(Picture);
    }

    [Fact]
    public void A_context_that_is_broken_can_be_disposed_of()
    {
        var driver = new BreakingDriver(new RecordingCudaDriver());
        using var first = ToyDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver });
        using var second = ToyDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver });
        driver.IsBroken = true;
        driver.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Detect(Picture));
        Assert.Throws<ObjectDisposedException>(() => second.Detect(Picture));
        Assert.Throws<ObjectDisposedException>(() => driver.DeviceCount);
    }

    private static string UntilItIsGone(ToyDetector detector, CountdownEvent atWork)
    {
        var said = false;
        try
        {
            while (true)
            {
                detector.Detect(Picture);
                if (!said)
                {
                    atWork.Signal();
                    said = true;
                }
            }
        }
        catch (ObjectDisposedException e)
        {
            return e.ObjectName;
        }
    }

    private static ToyDetector Open(RecordingCudaDriver driver) =>
        ToyDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver });

    /// <summary>After a kernel's fault every call answers with it.</summary>
    private sealed class BreakingDriver(ICudaDriver driver) : PassingDriver(driver)
    {
        public bool IsBroken { get; set; }

        public override void Free(DeviceAddress address)
        {
            if (IsBroken)
            {
                throw new CudaException(CudaFailure.Kernel, "cuMemFree: an illegal address was encountered.");
            }

            base.Free(address);
        }
    }
}
