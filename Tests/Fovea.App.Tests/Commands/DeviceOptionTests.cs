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
        using var detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu, Threads = 3, MaxConcurrency = 1 });
        var (model, described) = (detector.Model, detector.DeviceDescription);
        Assert.StartsWith("cpu (3 threads", described, StringComparison.Ordinal);
        var options = new DeviceOptions();
        var command = new RootCommand();
        options.AddTo(command);
        options.Apply(command.Parse(arguments), detector);
        Assert.Same(model, detector.Model);
        Assert.Equal(described, detector.DeviceDescription);
    }
}
