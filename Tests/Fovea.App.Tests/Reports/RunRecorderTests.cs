using Fovea.App.Reports;

namespace Fovea.Tests.App.Reports;

/// <summary>The table and the events have every epoch, whatever became of a write.</summary>
public sealed class RunRecorderTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly StringWriter warnings = new();

    private string EventPath => Assert.Single(Directory.GetFiles(folder.Path, "events.out.tfevents.*"));

    public void Dispose()
    {
        folder.Dispose();
        warnings.Dispose();
    }

    [Fact]
    public void Epochs_that_the_events_lack_are_caught_up_when_the_run_goes_on()
    {
        var first = Begin(resumes: false);
        first.Report(Done(1));
        first.Report(Done(2));

        // Killed after the history was saved, or run without plots for two epochs.
        WriteHistory(4);
        Begin(resumes: true).Report(Done(5));
        AssertEpochs(5);

        // Damaged in the record of the second epoch.
        var content = File.ReadAllBytes(EventPath);
        content[content.Length * 2 / 5] ^= 0xFF;
        File.WriteAllBytes(EventPath, content);
        WriteHistory(5);
        Begin(resumes: true);
        AssertEpochs(5);
    }

    [Fact]
    public void A_table_that_cannot_be_written_ends_no_training()
    {
        var recorder = Begin(resumes: false);
        Directory.CreateDirectory(folder.File("results.csv.partial"));
        recorder.Report(Done(1));
        recorder.Report(Done(2));
        Assert.Single(File.ReadAllLines(folder.File("results.csv")));
        var warning = Assert.Single(warnings.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("results.csv: could not be saved", warning, StringComparison.Ordinal);

        Directory.Delete(folder.File("results.csv.partial"));
        recorder.Report(Done(3));
        AssertEpochs(3);
    }

    [Fact]
    public void Events_that_cannot_be_written_are_caught_up_after_a_later_epoch()
    {
        var recorder = Begin(resumes: false);
        recorder.Report(Done(1));
        using (var held = new FileStream(EventPath, FileMode.Append, FileAccess.Write, FileShare.None))
        {
            // What a full disk leaves of a record.
            held.Write([24, 0, 0]);
            recorder.Report(Done(2));

            // The training goes back to the first epoch meanwhile.
            recorder.Report(Done(1));
            recorder.Report(Done(2));
        }

        Assert.Single(warnings.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        recorder.Report(Done(3));
        AssertEpochs(3);
    }

    private static EpochRecord Epoch(int number) => new(number, 1, number, 0, 0, 0, 1, null, null);

    private static TrainingProgress Done(int epoch) => new(TrainingStage.EpochDone, epoch, 9, 1, 1, default, 0, 0, default, Epoch(epoch));

    private RunRecorder Begin(bool resumes)
    {
        var recorder = new RunRecorder(folder.Path, new ResultColumns([]), withEvents: true, resumes) { Warnings = warnings };
        recorder.Begin();
        return recorder;
    }

    private void WriteHistory(int epochs)
    {
        var history = new TrainingHistory();
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            history.Add(Epoch(epoch));
        }

        folder.Write("history.jsonl", history.ToJsonLines());
    }

    private void AssertEpochs(int last)
    {
        var expected = Enumerable.Range(1, last).ToArray();
        Assert.Equal(expected.Select(e => $"{e}"), File.ReadAllLines(folder.File("results.csv")).Skip(1).Select(l => l.Split(',')[0]));
        var events = TensorBoardReader.Read(EventPath).Skip(1).ToArray();
        Assert.Equal(expected.Select(e => (long)e), events.Select(e => e.Step));
        Assert.Equal(expected.Select(e => (float)e), events.Select(e => e.Scalars["train/cls_loss"]));
    }
}
