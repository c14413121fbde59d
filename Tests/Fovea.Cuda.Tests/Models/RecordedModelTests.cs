using Fovea.Training;

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
