using System.CommandLine;
using Fovea.Cuda;

namespace Fovea.App.Commands;

/// <summary><c>--device</c> and <c>--precision</c>, which every command that computes has.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<string?> device = new("--device")
    {
        Description = "Where to compute: cpu, cuda, cuda:N, or auto (CUDA where it can be used). "
            + "Default: where the program made the detector.",
    };

    private readonly Option<Precision?> precision = new("--precision")
    {
        Description = "How CUDA stores and multiplies values. "
            + "Default: as the program made the detector, else BFloat16.",
    };

    /// <summary>Those that are given.</summary>
    public IEnumerable<string> Given(ParseResult parsed) => GivenOptions.Of(parsed, device, precision);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(device);
        command.Add(precision);
    }

    /// <summary>Moves the detector where the options say, if they say anything.</summary>
    public void Apply(ParseResult parsed, Detector detector)
    {
        var (name, values) = (parsed.GetValue(device), parsed.GetValue(precision));
        if (name is null && values is null)
        {
            return;
        }

        var to = name is null ? detector.Device : Device.Parse(name);

        // The CPU has one precision.
        if (to == detector.Device && (values is null || to == Device.Cpu))
        {
            return;
        }

        // With the threads, calls, driver and streams that the program gave it.
        detector.MoveTo(detector.Options with { Device = to, Precision = values ?? detector.Options.Precision });
    }
}
