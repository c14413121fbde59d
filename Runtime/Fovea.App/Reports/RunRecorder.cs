using Fovea.App.Reports.Events;

namespace Fovea.App.Reports;

/// <summary>Keeps a training's numbers while it runs: <c>results.csv</c> and TensorBoard's events, an epoch at a time.</summary>
/// <param name="folder">The run's.</param>
/// <param name="columns">What is kept.</param>
/// <param name="withEvents">Whether TensorBoard's are written, too.</param>
/// <param name="resumes">Whether the folder has this run's events already.</param>
internal sealed class RunRecorder(string folder, ResultColumns columns, bool withEvents, bool resumes) : IProgress<TrainingProgress>
{
    private readonly List<EpochRecord> epochs = [];
    private EventFile? events;

    /// <summary>Told after the recorder: what shows the training.</summary>
    public IProgress<TrainingProgress>? Shown { get; set; }

    /// <summary>Epochs so far, those before the training was resumed included.</summary>
    public IReadOnlyList<EpochRecord> Epochs => epochs;

    /// <summary>Takes up what the folder's run has behind it. The trainer has written the history as it is where it goes on.</summary>
    public void Begin()
    {
        var history = Path.Combine(folder, "history.jsonl");
        if (File.Exists(history))
        {
            epochs.AddRange(TrainingHistory.Parse(File.ReadAllText(history)).Epochs);
        }

        columns.WriteCsv(Csv, epochs);
        if (!withEvents)
        {
            return;
        }

        events = resumes ? EventFile.Continue(folder, epochs.Count) : null;
        if (events is null)
        {
            events = EventFile.Create(folder);
            epochs.ForEach(e => events.Append(e.Epoch, columns.Scalars(e)));
        }
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        if (value is { Stage: TrainingStage.EpochDone, Record: { } record })
        {
            Add(record);
        }

        Shown?.Report(value);
    }

    private string Csv => Path.Combine(folder, "results.csv");

    private void Add(EpochRecord record)
    {
        // A training that went back to a checkpoint trains epochs again.
        if (epochs.RemoveAll(e => e.Epoch >= record.Epoch) > 0)
        {
            events?.GoBackTo(record.Epoch - 1);
        }

        epochs.Add(record);
        columns.WriteCsv(Csv, epochs);
        events?.Append(record.Epoch, columns.Scalars(record));
    }
}
