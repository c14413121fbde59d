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
    private bool warned;

    /// <summary>Takes the warning that something could not be written.</summary>
    public TextWriter Warnings { get; init; } = Console.Error;

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

        events = (resumes ? EventFile.Continue(folder, epochs.Count) : null) ?? EventFile.Create(folder);
        CatchUp();
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
        var again = epochs.RemoveAll(e => e.Epoch >= record.Epoch) > 0;
        epochs.Add(record);
        TryWrite(() => columns.WriteCsv(Csv, epochs));
        TryWrite(() =>
        {
            if (again)
            {
                events?.GoBackTo(record.Epoch - 1);
            }

            CatchUp();
        });
    }

    /// <summary>
    /// Appends the epochs that the events lack: the last one; those of a run that was killed before it told of them, or wrote no events for
    /// a while; and those behind a damaged or a failed write.
    /// </summary>
    private void CatchUp()
    {
        if (events is null)
        {
            return;
        }

        foreach (var epoch in epochs.Where(e => e.Epoch > events.LastStep))
        {
            events.Append(epoch.Epoch, columns.Scalars(epoch));
        }
    }

    /// <summary>A file that is open in another program, or a full disk, is no reason to end a training of hours.</summary>
    private void TryWrite(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!warned)
            {
                warned = true;
                Warnings.WriteLine(
                    $"warning: {e.Message.TrimEnd('.')}. The training goes on; results.csv and TensorBoard's events are tried again later.");
            }
        }
    }
}
