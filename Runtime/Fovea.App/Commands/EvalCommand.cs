using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Fovea.App.Data;
using Fovea.Files;

namespace Fovea.App.Commands;

/// <summary>
/// <c>eval --data DIR --weights FILE [--split test] [--out DIR] [--json]</c>: COCO's and VOC's numbers, by class and in all.
/// </summary>
internal static class EvalCommand
{
    public static Command Create<TClass>(Detector<TClass> detector, DataOptions<TClass> data)
        where TClass : struct, Enum
    {
        var split = new Option<string?>("--split")
        {
            Description = "Which split to measure. Default: test, or val where there is no test.",
        };
        var output = new Option<DirectoryInfo?>("--out")
        {
            Description = "Takes metrics.json and predictions.json (COCO's results format). Default: neither is written.",
        };
        var json = new Option<bool>("--json") { Description = "Print the metrics as JSON, and nothing else on the output." };
        var threads = LoadingOptions.Threads(new TrainerOptions().LoaderThreads);
        var command = new Command(
            "eval",
            "Measure a checkpoint on a split: COCO's and VOC's average precision, best F1 with its score threshold, by class and in all.")
        { split, output, json, threads };
        data.AddTo(command);
        var weights = new WeightsOptions(required: true);
        weights.AddTo(command);
        var limits = new LimitOptions();
        limits.AddTo(command);
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, cancellation) => CommonOptions.Guard(async () =>
        {
            var clock = Stopwatch.StartNew();
            var loading = new EvaluationLoading(parsed.GetValue(threads));
            device.Apply(parsed, detector);
            var dataset = parsed.GetValue(split) is { } name ? data.Open(parsed, name) : OpenUsual(data, parsed);
            weights.Apply(parsed, detector);
            var folder = parsed.GetValue(output)?.FullName;
            if (folder is not null)
            {
                // What is wrong with it is told now, not after the work.
                MakeFolder(folder);
            }

            var result = await Task.Run(
                () => TrainingWorkflow.Measure(detector, dataset, loading, limits.Of(parsed), cancellation),
                cancellation).ConfigureAwait(false);
            if (folder is not null)
            {
                Write(folder, result, dataset);
            }

            if (parsed.GetValue(json))
            {
                Console.WriteLine(result.ToJson());
                return 0;
            }

            TrainingWorkflow.Print(dataset, result);
            Console.WriteLine(TrainingWorkflow.ClosingLine(result, clock.Elapsed));
            return 0;
        }));
        return command;
    }

    private static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--out {folder}: the folder cannot be made: {e.Message} Name another one.", e);
        }
    }

    private static void Write<TClass>(string folder, CocoResult result, DetectionDataset<TClass> dataset)
        where TClass : struct, Enum
    {
        var (metrics, predictions) = (Path.Combine(folder, "metrics.json"), Path.Combine(folder, "predictions.json"));
        AtomicFile.Write(metrics, Encoding.UTF8.GetBytes(result.ToJson()));
        CocoPredictions.Save(predictions, result, dataset);
        Console.Error.WriteLine($"wrote {metrics}, {predictions}");
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
