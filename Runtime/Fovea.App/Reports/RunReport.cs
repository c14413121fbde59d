using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Fovea.App.Reports.Html;
using Fovea.App.Reports.Pictures;
using Fovea.App.Reports.Plots;
using Fovea.Files;

namespace Fovea.App.Reports;

/// <summary>A run's folder from before its first step to its report.</summary>
/// <param name="detector">What is trained.</param>
/// <param name="splits">The data sets by name; the first is trained on, the last is measured at the end.</param>
/// <param name="folder">The run's.</param>
/// <param name="options">The recipe.</param>
/// <param name="files">What is written.</param>
internal sealed class RunReport<TClass>(
    Detector<TClass> detector, IReadOnlyList<(string Split, DetectionDataset<TClass> Dataset)> splits, string folder,
    TrainerOptions options, RunFiles files)
    where TClass : struct, Enum
{
    private readonly ModelDescription model = detector.Description;
    private TrainerOptions recipe = options;
    private readonly RunPictures<TClass> pictures = new(folder);

    /// <summary>What keeps the numbers.</summary>
    public RunRecorder Recorder { get; } =
        new(folder, new ResultColumns(detector.Description.ClassNames.OfType<string>()), files.Plots, options.Resume);

    private DetectionDataset<TClass> Train => splits[0].Dataset;

    private DetectionDataset<TClass> Measured => splits[^1].Dataset;

    /// <summary>Once the folder is this run's, before the first step: what it is, and the pictures that it begins with.</summary>
    /// <param name="resolved">The recipe with what the trainer has decided.</param>
    public void Begin(TrainerOptions resolved)
    {
        recipe = resolved;
        if (recipe.Overwrite)
        {
            RunFiles.Clear(folder, model.Name);
        }

        Recorder.Begin();
        ArgsYaml.Write(PathOf("args.yaml"), detector, splits, recipe, files.Options ?? [], Recorder.Epochs.Count);
        if (files.Plots && Recorder.Epochs.Count == 0)
        {
            LabelsPlot.Save(PathOf("labels.png"), model, Train);
            pictures.SaveTrainBatches(model, Train, recipe);
        }
    }

    /// <summary>What came of it.</summary>
    /// <param name="result">Measured at the end.</param>
    /// <param name="time">When the work began, and how long it took until now.</param>
    /// <param name="cancellation">Ends it between two files.</param>
    public void Finish(CocoResult result, (DateTime Started, TimeSpan Elapsed) time, CancellationToken cancellation)
    {
        if (!files.Plots)
        {
            return;
        }

        CocoPredictions.Save(PathOf("predictions.json"), result, Measured);
        ResultsPlot.Save(PathOf("results.png"), Recorder.Epochs);
        PrecisionRecallPlot.Save(PathOf("PR_curve.png"), result);
        ConfusionPlot.Save(PathOf("confusion_matrix.png"), result.ConfusionMatrix());
        cancellation.ThrowIfCancellationRequested();
        var findings = new Findings(result, result.PooledCurve.Best?.Score ?? 0.5);
        pictures.SaveEvaluated(Measured, findings);
        cancellation.ThrowIfCancellationRequested();
        var page = ReportPage.Write(new ReportData
        {
            Model = model.Name,
            Time = time,
            IsResumed = recipe.Resume,
            Facts = Facts(time.Started),
            Epochs = Recorder.Epochs,
            Result = result,
            MeasuredOn = string.Create(CultureInfo.InvariantCulture, $"{splits[^1].Split} ({Measured.Count} pictures)"),
            Caution = Caution(),
            Worst = pictures.SaveWorst(Measured, findings),
            Warnings = DataWarnings.Of(model, splits, recipe.Augmentation, cancellation),
            Next = NextSteps.Of(model, folder, files, result, recipe),
            Files = NextSteps.Files(model),
            MadeBy = $"Fovea {RunFacts.Version}, {RuntimeInformation.FrameworkDescription}, {RunFacts.System}, {RunFacts.Processor}",
        });
        AtomicFile.Write(PathOf("report.html"), Encoding.UTF8.GetBytes(page));
    }

    private string? Caution() => splits switch
    {
        [_] => "There was no second data set: these numbers are of the pictures that it has learned, and say little of others.",
        [_, (var split, _)] when split == "val" =>
            "There was no test set: these numbers are of the validation set, by which the best epoch was chosen; they are a little too good.",
        _ => null,
    };

    private (string Group, IReadOnlyList<(string Name, string Value)> Facts)[] Facts(DateTime started)
    {
        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
        return
        [
            ("Network",
            [
                ("backbone", model.Backbone), ("preset", model.Preset), ("canvas", RunFacts.CanvasOf(model)),
                ("levels", Text($"P{model.MinLevel} to P{model.MaxLevel}, {model.AnchorsPerCell} anchors a cell")),
                ("parameters", Text($"{model.Tensors.Where(t => t.IsTrainable).Sum(t => (long)t.Length):N0} learned")),
                ("cost", Text($"{model.Stages.Sum(s => s.MacsPerImage) / 1e9:0.###} GMAC a picture")),
                ("fingerprint", model.Fingerprint),
            ]),
            ("Data",
            [
                .. splits.Select(s => (
                    s.Split, Text($"{s.Dataset.Count:N0} pictures, {s.Dataset.Report.Objects:N0} objects: {s.Dataset.Name}"))),
                ("classes", string.Join(", ", model.ClassNames.OfType<string>())),
            ]),
            ("Recipe",
            [
                ("epochs", Text($"{Recorder.Epochs.Count}")),
                ("batch", Text($"{recipe.BatchSize}")),
                ("optimiser", Text($"{recipe.Optimizer.GetType().Name}, learning rate {recipe.Optimizer.LearningRate}")),
                ("schedule", recipe.Schedule.GetType().Name), ("seed", Text($"{recipe.Seed}")), ("all options", "args.yaml"),
            ]),
            ("Machine",
            [
                ("device", detector.DeviceDescription), ("processor", RunFacts.Processor), ("system", RunFacts.System),
                (recipe.Resume ? "resumed" : "begun", started.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)),
                ("speed", Text($"{Speed():0.0} pictures a second in training")),
                ("peak memory", Text($"{Recorder.Epochs.Select(e => e.PeakMemory).DefaultIfEmpty().Max() / (double)(1 << 20):N0} MiB")),
            ]),
        ];
    }

    private double Speed()
    {
        var seconds = Recorder.Epochs.Sum(e => e.Seconds);
        return seconds > 0 ? Recorder.Epochs.Sum(e => (double)e.Images) / seconds : 0;
    }

    private string PathOf(string name) => Path.Combine(folder, name);
}
