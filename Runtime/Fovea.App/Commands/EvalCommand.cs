using System.CommandLine;
using System.Diagnostics;
using Fovea.App.Data;

namespace Fovea.App.Commands;

/// <summary><c>eval --data DIR --weights FILE [--split test]</c>: COCO's numbers, by class and in all.</summary>
internal static class EvalCommand
{
    public static Command Create<TClass>(Detector<TClass> detector, DataOptions<TClass> data)
        where TClass : struct, Enum
    {
        var split = new Option<string?>("--split")
        {
            Description = "Which split to measure. Default: test, or val where there is no test.",
        };
        var command = new Command("eval", "Measure a checkpoint on a split: COCO's average precision, by class and in all.") { split };
        data.AddTo(command);
        var weights = new WeightsOptions(required: true);
        weights.AddTo(command);
        var limits = new LimitOptions();
        limits.AddTo(command);
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, cancellation) => CommonOptions.Guard(async () =>
        {
            device.Apply(parsed, detector);
            var clock = Stopwatch.StartNew();
            var dataset = parsed.GetValue(split) is { } name ? data.Open(parsed, name) : OpenUsual(data, parsed);
            weights.Apply(parsed, detector);
            var result = await Task.Run(() => TrainingWorkflow.Evaluate(detector, dataset, limits.Of(parsed), cancellation), cancellation).ConfigureAwait(false);
            Console.WriteLine(TrainingWorkflow.ClosingLine(result, clock.Elapsed));
            return 0;
        }));
        return command;
    }

    /// <summary>What a training measures at its end.</summary>
    private static DetectionDataset<TClass> OpenUsual<TClass>(DataOptions<TClass> data, ParseResult parsed)
        where TClass : struct, Enum
    {
        var (split, dataset) = data.OpenFirst(parsed, SplitNames.Test, SplitNames.Validation);
        if (split != SplitNames.Test)
        {
            CommonOptions.Warnings.Report(
                "there is no split \"test\": what is measured is \"val\", by which a training chooses its best epoch; "
                + "--split names another");
        }

        return dataset;
    }
}
