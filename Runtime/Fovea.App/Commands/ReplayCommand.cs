using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary><c>replay DIR</c>: repeats a step that diverged, and says where it left the numbers.</summary>
internal static class ReplayCommand
{
    public static Command Create(Detector detector)
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "What a training that diverged has left: OUT/divergence." };
        var command = new Command("replay", "Repeat a training step that diverged, and say where it left the numbers.") { folder };
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, _) => CommonOptions.Guard(() =>
        {
            device.Apply(parsed, detector);
            var step = DivergedStep.Replay(detector, parsed.GetRequiredValue(folder).FullName);
            Console.WriteLine(FormattableString.Invariant(
                $"classification loss {step.Result.Classification}, box loss {step.Result.Box}, gradient norm {step.Result.GradientNorm}"));
            Console.WriteLine($"first not finite: {step.Origin}");
            Console.WriteLine($"images: {string.Join(", ", step.Images)}");
            return Task.FromResult(0);
        }));
        return command;
    }
}
