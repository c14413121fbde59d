using System.Globalization;
using Fovea.App;
using Fovea.Evaluation;
using Fovea.Model;
using Fovea.Training;

namespace Fovea;

/// <summary>From data to a detector that is measured and shown: what <c>train</c> does, for programs that have their data sets in hand.</summary>
public static class TrainingWorkflow
{
    private const int Pictures = 12;

    /// <summary>
    /// Trains, evaluates on <paramref name="test"/> and writes into <paramref name="output"/>: the checkpoint <c>{name}.safetensors</c>, the loss curve
    /// <c>loss.png</c>, the history <c>history.jsonl</c> and annotated pictures. Its last line on the console is <c>AP … AP50 … seconds …</c>.
    /// </summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="detector">Trained in place.</param>
    /// <param name="train">What it learns from.</param>
    /// <param name="validation">Measured during training, if any; the best weights are kept.</param>
    /// <param name="test">Measured at the end.</param>
    /// <param name="output">Created where it does not exist.</param>
    /// <param name="options">The recipe; its folder is <paramref name="output"/>.</param>
    /// <param name="started">When the work began; seconds are counted from there. Null: now.</param>
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
        CancellationToken cancellation = default)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(options);
        started ??= DateTime.Now;
        Describe(detector, train, options);
        var trainer = Trainer.For(detector, options with
        {
            Folder = output,

            // Only a run that has begun has replaced another.
            Begun = options.Overwrite ? () => Clear(detector, output) : null,
        });
        var history = await TrainingConsole.ShowAsync(progress => trainer.FitAsync(train, validation, progress, cancellation)).ConfigureAwait(false);
        var checkpoint = Path.Combine(output, detector.Description.Name + ".safetensors");
        detector.Save(checkpoint);
        LossPlot.Save(Path.Combine(output, "loss.png"), history.Epochs.Select(e => new LossPoint(e.Epoch, e.Classification, e.Box, e.Ap50)).ToArray());
        var result = Evaluate(detector, test, new EvaluationLoading(options.LoaderThreads), null, cancellation);
        var pictures = DetectionPictures.SaveSome(detector, test, Path.Combine(output, "pictures"), Pictures);
        Console.WriteLine($"checkpoint {checkpoint}, curve {Path.Combine(output, "loss.png")}, {pictures} pictures in {Path.Combine(output, "pictures")}");
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
        var result = EvaluationConsole.Show(progress => detector.EvaluateWith(loading, dataset, options, progress, cancellation));
        Print(dataset, result);
        return result;
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

    /// <summary>Removes what the run that is replaced has left beside the trainer's own files, so that nothing of two runs is mixed.</summary>
    private static void Clear(Detector detector, string output)
    {
        File.Delete(Path.Combine(output, detector.Description.Name + ".safetensors"));
        File.Delete(Path.Combine(output, "loss.png"));
        var pictures = Path.Combine(output, "pictures");
        if (Directory.Exists(pictures))
        {
            Array.ForEach(Directory.GetFiles(pictures, "*.png"), File.Delete);
        }
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
}
