using System.Globalization;
using Fovea.App;
using Fovea.App.Reports;
using Fovea.App.Terminal;
using Fovea.Evaluation;
using Fovea.Model;
using Fovea.Training;

namespace Fovea;

/// <summary>From data to a detector that is measured and shown: what <c>train</c> does, for programs that have their data sets in hand.</summary>
public static class TrainingWorkflow
{
    private const int Pictures = 12;

    /// <summary>
    /// Trains, evaluates on <paramref name="test"/> and writes into <paramref name="output"/> all that a run leaves (docs/training.md,
    /// Files): the checkpoint <c>{name}.safetensors</c>, <c>args.yaml</c>, <c>results.csv</c>, plots, pictures and <c>report.html</c>. Its last
    /// line on the console is <c>AP … AP50 … seconds …</c>.
    /// </summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="detector">Trained in place.</param>
    /// <param name="train">What it learns from.</param>
    /// <param name="validation">Measured during training, if any; the best weights are kept.</param>
    /// <param name="test">Measured at the end.</param>
    /// <param name="output">Created where it does not exist.</param>
    /// <param name="options">The recipe; its folder is <paramref name="output"/>.</param>
    /// <param name="started">When the work began; seconds are counted from there. Null: now.</param>
    /// <param name="files">What is written; null: everything.</param>
    /// <param name="cancellation">Ends after the step that runs, and leaves a checkpoint that <c>--resume</c> goes on from.</param>
    /// <exception cref="CheckpointException">The folder has a run already, and the options neither resume nor overwrite it.</exception>
    public static async Task<CocoResult> RunAsync<TClass>(
        Detector<TClass> detector,
        DetectionDataset<TClass> train,
        DetectionDataset<TClass>? validation,
        DetectionDataset<TClass> test,
        string output,
        TrainerOptions options,
        DateTime? started = null,
        RunFiles? files = null,
        CancellationToken cancellation = default)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(options);
        started ??= DateTime.Now;
        files ??= new RunFiles();
        Describe(detector, train, options);
        var report = new RunReport<TClass>(detector, Splits(train, validation, test), output, options, files);
        var trainer = Trainer.For(detector, options with
        {
            Folder = output,

            // Only a run that has begun has replaced another.
            Begun = report.Begin,
        });
        await TrainingConsole.ShowAsync(progress =>
        {
            report.Recorder.Shown = progress;
            return trainer.FitAsync(train, validation, report.Recorder, cancellation);
        }).ConfigureAwait(false);
        var checkpoint = Path.Combine(output, detector.Description.Name + ".safetensors");
        detector.Save(checkpoint);
        var result = Evaluate(detector, test, new EvaluationLoading(options.LoaderThreads), null, cancellation);
        var where = $"checkpoint {checkpoint}";
        if (files.Plots)
        {
            var pictures = DetectionPictures.SaveSome(detector, test, Path.Combine(output, "pictures"), Pictures);
            report.Finish(result, (started.Value, DateTime.Now - started.Value), cancellation);
            where += $", report {Path.Combine(output, "report.html")}, {pictures} pictures in {Path.Combine(output, "pictures")}";
        }

        Console.WriteLine(where);
        Console.WriteLine(ClosingLine(result, DateTime.Now - started.Value));
        return result;
    }

    /// <summary>Measures a detector on a data set and prints the table of COCO's numbers.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="detector">As trained or loaded.</param>
    /// <param name="dataset">Images with ground truth.</param>
    /// <param name="options">What counts as a detection; null: as declared.</param>
    /// <param name="cancellation">Ends the evaluation.</param>
    public static CocoResult Evaluate<TClass>(
        Detector<TClass> detector, DetectionDataset<TClass> dataset, DetectOptions? options = null, CancellationToken cancellation = default)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentNullException.ThrowIfNull(dataset);
        return Evaluate(detector, dataset, new EvaluationLoading(), options, cancellation);
    }

    /// <summary>Measures with progress on the error stream, and prints the table.</summary>
    private static CocoResult Evaluate<TClass>(
        Detector<TClass> detector, DetectionDataset<TClass> dataset, EvaluationLoading loading, DetectOptions? options,
        CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var result = Measure(detector, dataset, loading, options, cancellation);
        Print(dataset, result);
        return result;
    }

    /// <summary>Measures with progress on the error stream: results are all that the output has.</summary>
    internal static CocoResult Measure<TClass>(
        Detector<TClass> detector, DetectionDataset<TClass> dataset, EvaluationLoading loading, DetectOptions? options,
        CancellationToken cancellation)
        where TClass : struct, Enum
    {
        using var status = StatusLine.Start("pictures measured", dataset.Count);
        return detector.EvaluateWith(loading, dataset, options, new MeasuredImages(status), cancellation);
    }

    /// <summary>Prints the table of COCO's numbers.</summary>
    internal static void Print<TClass>(DetectionDataset<TClass> dataset, CocoResult result)
        where TClass : struct, Enum
    {
        Console.WriteLine();
        Console.WriteLine($"{dataset.Name}: {dataset.Count} images");
        Console.WriteLine(result);
    }

    /// <summary>The line that ends a run: <c>AP 0.412 AP50 0.731 seconds 183.2</c>.</summary>
    public static string ClosingLine(CocoResult result, TimeSpan elapsed)
    {
        ArgumentNullException.ThrowIfNull(result);
        return string.Create(CultureInfo.InvariantCulture, $"AP {result.Summary.AP:F4} AP50 {result.Summary.AP50:F4} seconds {elapsed.TotalSeconds:F1}");
    }

    /// <summary>Whether the run in a folder has a checkpoint that was written after a moment.</summary>
    internal static bool HasSavedSince(string output, DateTime moment) =>
        File.GetLastWriteTime(Path.Combine(output, "training.safetensors")) >= moment.AddSeconds(-1);

    /// <summary>By name, each once: the first is trained on, the last is measured at the end.</summary>
    internal static (string Split, DetectionDataset<TClass> Dataset)[] Splits<TClass>(
        DetectionDataset<TClass> train, DetectionDataset<TClass>? validation, DetectionDataset<TClass> test)
        where TClass : struct, Enum
    {
        var splits = new List<(string, DetectionDataset<TClass>)> { ("train", train) };
        if (validation is not null && validation != train)
        {
            splits.Add(("val", validation));
        }

        if (test != train && test != validation)
        {
            splits.Add(("test", test));
        }

        return [.. splits];
    }

    private static void Describe<TClass>(Detector<TClass> detector, DetectionDataset<TClass> train, TrainerOptions options)
        where TClass : struct, Enum
    {
        var model = detector.Description;
        var learned = model.Tensors.Where(t => t.IsTrainable).Sum(t => (long)t.Length);
        var macs = model.Stages.Sum(s => s.MacsPerImage);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Name}: {model.Backbone}, {learned:N0} parameters learned, {macs / 1e9:F2} GMAC per image, on {detector.DeviceDescription}"));
        Console.WriteLine($"{train.Name}: {train.Report}");
        var length = options.TimeLimit is { } limit
            ? string.Create(CultureInfo.InvariantCulture, $"as many epochs as {limit.TotalMinutes:G3} minutes hold")
            : $"{options.Epochs} epochs";
        var batch = options.BatchSize == 0 ? "what memory holds" : $"{options.BatchSize}";
        var accumulated = options.AccumulateBatches > 1 ? $", {options.AccumulateBatches} of them a step" : "";
        Console.WriteLine($"{length}, batches of {batch}{accumulated}, {options.Optimizer}");
    }

    private sealed class MeasuredImages(StatusLine status) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => status.Report(value.Images);
    }
}
