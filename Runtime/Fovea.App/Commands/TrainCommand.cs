using System.CommandLine;
using Fovea.App.Terminal;
using Fovea.Checkpoints;
using Fovea.Training;

namespace Fovea.App.Commands;

/// <summary><c>train --data DIR --out DIR [--epochs N]</c>: learns from the train split, measures on val while it does and on test at the end.</summary>
internal static class TrainCommand
{
    public static Command Create<TClass>(Detector<TClass> detector, TrainerOptions recipe, DataOptions<TClass> data)
        where TClass : struct, Enum
    {
        var output = new Option<DirectoryInfo>("--out") { Description = "Takes the checkpoints, the report, curves and pictures.", DefaultValueFactory = _ => new DirectoryInfo("out") };
        var json = new Option<bool>("--json") { Description = "Print an epoch as a JSON object and line, all else on the error stream." };
        var command = new Command("train", "Train on a data set, measure, and draw what was found.") { output, json };
        data.AddTo(command);
        var check = new CheckOption();
        check.AddTo(command);
        var course = new RecipeOptions(recipe);
        course.AddTo(command);
        var loading = new LoadingOptions(recipe);
        loading.AddTo(command);
        var averaging = new AveragingOptions(recipe);
        averaging.AddTo(command);
        var checkpoints = new CheckpointOptions(recipe);
        checkpoints.AddTo(command);
        var plots = new PlotOptions();
        plots.AddTo(command);
        var weights = new WeightsOptions(required: false);
        weights.AddTo(command);
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, cancellation) => CommonOptions.Guard(async () =>
        {
            using var machine = JsonOutput.BeginIf(parsed.GetValue(json));
            var (started, target) = (DateTime.Now, parsed.GetRequiredValue(output).FullName);
            var options = checkpoints.Apply(
                parsed, averaging.Apply(parsed, loading.Apply(parsed, course.Apply(parsed, recipe))), weights.IsGiven(parsed)) with
            {
                Loading = weights.Loading(parsed),
            };
            if (weights.IsGiven(parsed) && course.AsksForPretrained(parsed))
            {
                throw new ArgumentException("--weights has a backbone, and --pretrained takes another: give one of them.");
            }

            if (options is { Pretrained: true, Resume: false } && !weights.IsGiven(parsed))
            {
                // A package that is missing is told before pictures are looked at.
                PretrainedBackbone.FilesOf(detector.Description);
            }

            new RunFolder(target).Guard(options);
            device.Apply(parsed, detector);
            var train = data.Open(parsed, "train");
            var validation = data.TryOpen(parsed, "val");
            var test = data.TryOpen(parsed, "test") ?? validation ?? train;
            if (test == train)
            {
                CommonOptions.Warnings.Report(
                    "there is no split \"test\" or \"val\": what is measured at the end are pictures that it has learned, which says little of others");
            }
            else if (test == validation)
            {
                CommonOptions.Warnings.Report("there is no split \"test\": what is measured at the end is \"val\", by which the best epoch was chosen");
            }

            var splits = TrainingWorkflow.Splits(train, validation, test);
            await Task.Run(() => check.Run(parsed, detector, splits, options, cancellation), cancellation).ConfigureAwait(false);
            if (!weights.Apply(parsed, detector, options.Seed) && !detector.Model.HasOwnWeights)
            {
                detector.InitializeWeights(options.Seed);
            }

            try
            {
                await TrainingWorkflow.RunAsync(
                    detector, train, validation, test, target, options, started, plots.Of(parsed), cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (TrainingWorkflow.HasSavedSince(target, started))
            {
                // Whatever stopped it: what was trained is there. The same step would diverge again, with half the rate it may not.
                var line = ResumeLine.Of(parsed, e is TrainingDivergedException ? "--on-divergence rollback" : "");
                await Console.Error.WriteLineAsync($"to go on: {line}").ConfigureAwait(false);
                throw;
            }

            return 0;
        }));
        return command;
    }
}
