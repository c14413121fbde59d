using System.CommandLine;
using Fovea.App.Benchmarking;
using Fovea.App.Terminal;

namespace Fovea.App.Commands;

/// <summary><c>bench [--seconds 3] [--json]</c>: how fast this machine detects and trains with this model.</summary>
internal static class BenchCommand
{
    private const double MostSeconds = 86_400;

    /// <summary>Where the recipe leaves the number to the memory at hand.</summary>
    private const int UsualBatch = 8;

    public static Command Create<TClass>(Detector<TClass> detector, TrainerOptions recipe)
        where TClass : struct, Enum
    {
        var seconds = new Option<double>("--seconds") { Description = "Of each measurement, at the least.", DefaultValueFactory = _ => 3 };
        var repetitions = new Option<int>("--repetitions")
        {
            Description = "Runs of each measurement, at the least.",
            DefaultValueFactory = _ => 5,
        };
        var batch = new Option<int>("--batch")
        {
            Description = "Images in a training step.",
            DefaultValueFactory = _ => recipe.BatchSize > 0 ? recipe.BatchSize : UsualBatch,
        };
        var noTraining = new Option<bool>("--no-training") { Description = "Measure detection alone." };
        var json = new Option<bool>("--json") { Description = "Print the measurements as JSON." };
        var command = new Command("bench", "Measure how fast this machine detects and trains with this model, on noise. No weights change.")
        {
            seconds, repetitions, batch, noTraining, json,
        };
        var weights = new WeightsOptions(required: false);
        weights.AddTo(command);
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, cancellation) => CommonOptions.Guard(async () =>
        {
            using var machine = JsonOutput.BeginIf(parsed.GetValue(json));
            var stopper = new Stopper(parsed.GetValue(seconds), parsed.GetValue(repetitions));
            Check(stopper.Seconds is >= 0 and < MostSeconds, "--seconds", stopper.Seconds, FormattableString.Invariant($"0 to {MostSeconds}"));
            Check(stopper.Repetitions >= 1, "--repetitions", stopper.Repetitions, "1 or more");
            Check(parsed.GetValue(batch) >= 1, "--batch", parsed.GetValue(batch), "1 or more");

            device.Apply(parsed, detector);
            weights.Apply(parsed, detector);
            var measured = recipe with { BatchSize = parsed.GetValue(batch) };
            var trains = !parsed.GetValue(noTraining);
            var result = await Task.Run(() => Bench.Run(detector, measured, trains, stopper, cancellation), cancellation)
                .ConfigureAwait(false);
            if (machine is not null)
            {
                machine.WriteLine(BenchJson.Write(result));
            }
            else
            {
                Console.Write(BenchText.Write(result));
            }

            return ExitCode.Done;
        }));
        return command;
    }

    private static void Check(bool holds, string option, double found, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{option} {found}: expected {expected}."));
        }
    }
}
