using System.Globalization;
using System.Text.Json;
using Fovea.App.Reports;
using Fovea.App.Reports.Plots;
using Fovea.Checkpoints;
using Fovea.Tiny;

namespace Fovea.Tests.App.Reports;

public sealed class RunFolderTests : IDisposable
{
    private static readonly TrainerOptions Options = new()
    {
        Epochs = 2,
        BatchSize = 2,
        Optimizer = new AdamW { LearningRate = 5e-3 },
        Schedule = new ConstantSchedule(),
        WarmupIterations = 0,
    };

    private readonly TempFolder folder = new();
    private readonly TileDetector detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu, Threads = 1 });

    public void Dispose()
    {
        detector.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_run_leaves_all_that_is_promised()
    {
        var result = await Train(Options, new RunFiles());
        var files = Files().Select(f => f.StartsWith("events.out.tfevents.", StringComparison.Ordinal) ? "events" : f).ToList();
        Assert.Equal(
            [
                "PR_curve.png", "TileDetector.safetensors", "args.yaml", "best.safetensors", "confusion_matrix.png", "events",
                "history.jsonl", "labels.png", "last.safetensors", "predictions.json", "report.html", "results.csv", "results.png", "train_batch0.jpg", "train_batch1.jpg",
                "train_batch2.jpg", "training.safetensors", "val_batch0_labels.jpg", "val_batch0_pred.jpg",
            ],
            files.Where(f => !f.StartsWith("worst", StringComparison.Ordinal)));
        foreach (var picture in Files().Where(f => Path.GetExtension(f) is ".png" or ".jpg"))
        {
            Assert.True(ImageFile.Decode(folder.File(picture)).Width > 60, picture);
        }

        using var predictions = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("predictions.json")));
        Assert.Equal(result.Classes.Sum(c => c.Detections), predictions.RootElement.GetArrayLength());
        Assert.Equal(3, (await File.ReadAllLinesAsync(folder.File("results.csv"))).Length);
        Assert.Equal([0L, 1L, 2L], Events().Select(e => e.Step));
    }

    [Fact]
    public async Task Checkpoints_say_their_epoch_and_why_they_were_written()
    {
        await Train(Options, new RunFiles { Plots = false });
        Assert.Equal(("2", "the end of the training"), Reason("last.safetensors"));
        Assert.Equal(("2", "the end of the training"), Reason("training.safetensors"));
        var best = Reason("best.safetensors");
        Assert.True(best is { Epoch: "1" or "2", Why: "the greatest AP on the validation set so far" }, $"{best}");
    }

    [Fact]
    public async Task Without_plots_there_are_checkpoints_and_numbers_alone_and_nothing_of_the_run_before()
    {
        string[] stale =
        [
            "worst7.jpg", "val_batch2_pred.jpg", "loss.png", "report.html", "events.out.tfevents.1.x.1.0.fovea", "history.jsonl",
        ];
        Array.ForEach(stale, file => folder.Write(file, "old"));

        await Train(Options with { Overwrite = true }, new RunFiles { Plots = false });
        Assert.Equal(
            [
                "TileDetector.safetensors", "args.yaml", "best.safetensors", "history.jsonl", "last.safetensors", "results.csv",
                "training.safetensors",
            ],
            Files());
    }

    [Fact]
    public async Task A_batch_that_nobody_sized_is_told_as_it_was_decided()
    {
        await Train(Options with { BatchSize = 0 }, new RunFiles());
        Assert.Contains("  batch_size: 1\n", await File.ReadAllTextAsync(folder.File("args.yaml")), StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("train_batch0.jpg")));
    }

    [Fact]
    public async Task A_run_that_goes_on_continues_its_table_and_its_events()
    {
        await Train(Options, new RunFiles());
        var before = await File.ReadAllLinesAsync(folder.File("results.csv"));
        var args = await File.ReadAllTextAsync(folder.File("args.yaml"));
        Assert.Contains("resumed_at_epoch: 0\n", args, StringComparison.Ordinal);
        await Train(Options with { Epochs = 4, Resume = true }, new RunFiles());
        var after = await File.ReadAllLinesAsync(folder.File("results.csv"));
        Assert.Equal(5, after.Length);
        Assert.Equal(before, after[..3]);
        Assert.Contains("resumed_at_epoch: 2\n", await File.ReadAllTextAsync(folder.File("args.yaml")), StringComparison.Ordinal);
        var events = Events();
        Assert.Equal([0L, 1L, 2L, 3L, 4L], events.Select(e => e.Step));
        Assert.Equal(float.Parse(after[4].Split(',')[1], CultureInfo.InvariantCulture), events[4].Scalars["train/cls_loss"]);
    }

    [Fact]
    public void What_a_killed_process_has_written_of_lost_epochs_goes()
    {
        var columns = new ResultColumns(["Red"]);
        EpochRecord Epoch(int number, double loss) => new(number, 1, loss, 0, 0, 0, 1, null, null);
        TrainingProgress Done(EpochRecord e) => new(TrainingStage.EpochDone, e.Epoch, 9, 1, 1, default, 0, 0, default, e);
        var first = new RunRecorder(folder.Path, columns, withEvents: true, resumes: false);
        first.Begin();
        foreach (var number in new[] { 1, 2, 3 })
        {
            first.Report(Done(Epoch(number, number)));
        }

        var history = new TrainingHistory();
        history.Add(Epoch(1, 1));
        folder.Write("history.jsonl", history.ToJsonLines());
        var second = new RunRecorder(folder.Path, columns, withEvents: true, resumes: true);
        second.Begin();
        Assert.Equal(2, File.ReadAllLines(folder.File("results.csv")).Length);
        second.Report(Done(Epoch(2, 20)));

        // A step that diverged takes the training back to its checkpoint.
        second.Report(Done(Epoch(2, 30)));
        Assert.Equal(["1", "2"], File.ReadAllLines(folder.File("results.csv"))[1..].Select(l => l.Split(',')[0]));
        Assert.Equal([0f, 1f, 30f], Events().Select(e => e.Scalars.GetValueOrDefault("train/cls_loss")));
    }

    [Fact]
    public void A_run_that_had_no_events_gets_those_of_its_past()
    {
        var history = new TrainingHistory();
        history.Add(new EpochRecord(1, 1, 7, 0, 0, 0, 1, null, null));
        folder.Write("history.jsonl", history.ToJsonLines());
        new RunRecorder(folder.Path, new ResultColumns([]), withEvents: true, resumes: true).Begin();
        Assert.Equal(7, Events()[1].Scalars["train/cls_loss"]);
    }

    [Theory]
    [InlineData(1e30)]
    [InlineData(1e300)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_course_of_any_numbers_is_drawn(double loss)
    {
        var path = folder.File("results.png");
        ResultsPlot.Save(
            path,
            [
                new(1, 1, 1, 2, 0, 1e-3, 1, null, null), new(2, 1, loss, 1, 0, loss, 1, 0.5, 0.5), new(3, 1, 2, loss, 0, 1e-3, 1, null, null),
            ]);
        Assert.True(ImageFile.Decode(path).Width > 500);
    }

    private Task<CocoResult> Train(TrainerOptions options, RunFiles files) => TrainingWorkflow.RunAsync(
        detector, TinyScenes.Create(8, 1), TinyScenes.Create(3, 2), TinyScenes.Create(4, 3), folder.Path, options, files: files);

    private IEnumerable<string> Files() => Directory.GetFiles(folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    private List<TensorBoardReader.Event> Events() =>
        TensorBoardReader.Read(folder.File(Assert.Single(Files(), f => f.Contains("tfevents", StringComparison.Ordinal))));

    private (string? Epoch, string? Why) Reason(string file)
    {
        using var checkpoint = SafetensorsFile.Open(folder.File(file));
        return (checkpoint.Metadata.GetValueOrDefault("fovea.epoch"), checkpoint.Metadata.GetValueOrDefault("fovea.reason"));
    }
}
