using System.CommandLine;
using Fovea.App.Diagnosis;
using Fovea.App.Terminal;
using Fovea.App.Verification;

namespace Fovea.App.Commands;

/// <summary><c>doctor</c>: what this machine has of what the program can use.</summary>
internal static class DoctorCommand
{
    /// <param name="detector">Whose program it is.</param>
    /// <param name="machine">What probes see; null: this machine.</param>
    public static Command Create<TClass>(Detector<TClass> detector, MachineView? machine = null)
        where TClass : struct, Enum
    {
        var torch = new Option<bool>("--torch") { Description = "Ask for what verify --torch needs: it is a problem where that is missing." };
        var python = new Option<string>("--python")
        {
            Description = "The Python that verify --torch is to run.",
            HelpName = "PATH",
            DefaultValueFactory = _ => PythonRun.Usual,
        };
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON." };
        var command = new Command(
            "doctor",
            "Look what this machine has: versions, vectors, threads, memory, pictures, CUDA, Python; and how to get what is missing. "
            + "Exit code 1 where the program cannot detect, or what was asked for (--device cuda, --torch) is missing.")
        { torch, python, json };
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, cancellation) => CommonOptions.Guard(() =>
        {
            using var output = JsonOutput.BeginIf(parsed.GetValue(json));
            var view = machine ?? new MachineView();
            var report = Doctor.Examine(
                [
                    .. Doctor.MachineProbes(view, detector.Options.Threads),
                    new(
                        "Python", () => PythonProbe.Find(view, parsed.GetRequiredValue(python), parsed.GetValue(torch), cancellation),
                        parsed.GetValue(torch) ? Verdict.Problem : Verdict.Note),
                    new("detection", () => DetectionProbe.Find(detector, () => device.Apply(parsed, detector)), Verdict.Problem),
                ],
                cancellation);
            if (output is not null)
            {
                output.WriteLine(DoctorJson.Write(report));
            }
            else
            {
                Console.Write(DoctorText.Write(report));
            }

            return Task.FromResult(report.Works ? ExitCode.Done : ExitCode.Problem);
        }));
        return command;
    }
}
