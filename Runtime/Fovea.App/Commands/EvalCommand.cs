using System.CommandLine;
using System.Diagnostics;

namespace Fovea.App.Commands;

/// <summary><c>eval --data DIR --weights FILE [--split test]</c>: COCO's numbers, by class and in all.</summary>
internal static class EvalCommand
{
    public static Command Create<TClass>(Detector<TClass> detector, DataOptions<TClass> data)
        where TClass : struct, Enum
    {
        var split = new Option<string>("--split") { Description = "Which split to measure.", DefaultValueFactory = _ => "test" };
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
            var dataset = data.Open(parsed, parsed.GetRequiredValue(split));
            weights.Apply(parsed, detector);
            var result = await Task.Run(() => TrainingWorkflow.Evaluate(detector, dataset, limits.Of(parsed), cancellation), cancellation).ConfigureAwait(false);
            Console.WriteLine(TrainingWorkflow.ClosingLine(result, clock.Elapsed));
            return 0;
        }));
        return command;
    }
}
