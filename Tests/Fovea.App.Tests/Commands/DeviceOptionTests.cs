using System.CommandLine;
using Fovea.App.Commands;
using Fovea.Tiny;

namespace Fovea.Tests.App.Commands;

/// <summary>What <c>--device</c> leaves as the program has it.</summary>
public class DeviceOptionTests
{
    [Theory]
    [InlineData("--device", "cpu")]
    [InlineData("--precision", "Float32")]
    public void A_detector_that_is_on_the_device_stays_as_the_program_made_it(params string[] arguments)
    {
        using var detector = TileDetector.Create(seed: 1, Made);
        var (model, described) = (detector.Model, detector.DeviceDescription);
        Assert.StartsWith("cpu (3 threads", described, StringComparison.Ordinal);
        Apply(detector, arguments);
        Assert.Same(model, detector.Model);
        Assert.Equal(described, detector.DeviceDescription);
    }

    [Fact]
    public void A_move_changes_the_device_and_the_precision_and_nothing_else()
    {
        using var driver = new RecordingCudaDriver();
        var made = Made with { CudaDriver = driver, Precision = Precision.Float16, Streams = 1 };
        using var detector = TileDetector.Create(seed: 1, made);
        Apply(detector, "--device", "cuda");
        Assert.Equal(made with { Device = Device.Cuda }, detector.Options);
        Apply(detector, "--precision", "Float32");
        Assert.Equal(made with { Device = Device.Cuda, Precision = Precision.Float32 }, detector.Options);
        Apply(detector, "--device", "cpu");
        Assert.Equal(made with { Device = Device.Cpu, Precision = Precision.Float32 }, detector.Options);
        Assert.StartsWith("cpu (3 threads", detector.DeviceDescription, StringComparison.Ordinal);
    }

    private static DetectorOptions Made { get; } = new() { Device = Device.Cpu, Threads = 3, MaxConcurrency = 1 };

    private static void Apply(Detector detector, params string[] arguments)
    {
        var options = new DeviceOptions();
        var command = new RootCommand();
        options.AddTo(command);
        options.Apply(command.Parse(arguments), detector);
    }
}
