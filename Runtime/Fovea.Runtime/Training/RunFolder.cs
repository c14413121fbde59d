using System.Text;
using Fovea.Checkpoints;
using Fovea.Devices;
using Fovea.Files;

namespace Fovea.Training;

/// <summary>The files of a training. Each is the old or the new one at any moment, and <c>training.safetensors</c> alone says how far it is.</summary>
/// <param name="path">The folder.</param>
internal sealed class RunFolder(string path)
{
    public string Training => Path.Combine(path, "training.safetensors");

    public string Best => Path.Combine(path, "best.safetensors");

    public string Last => Path.Combine(path, "last.safetensors");

    public string Divergence => Path.Combine(path, "divergence");

    private string History => Path.Combine(path, "history.jsonl");

    /// <summary>Refuses to mix two runs, and to resume none.</summary>
    /// <exception cref="CheckpointException">The folder's content is not what the options expect.</exception>
    public void Guard(TrainerOptions options)
    {
        if (options.Resume && !File.Exists(Training))
        {
            throw new CheckpointException(
                Training, "there is no run to resume: expected this file, found none. Start without resuming, or name the run's folder.");
        }

        if (!options.Resume && !options.Overwrite
            && Array.Find([Training, Last, Best, History], File.Exists) is { } file)
        {
            throw new CheckpointException(
                path,
                $"already has a run ({Path.GetFileName(file)}): resume it (--resume), replace it (--overwrite), or choose another folder (--out).");
        }
    }

    /// <summary>
    /// Makes the folder this run's before its first step: a folder that cannot be written to is told now. What another run has left, or this
    /// one after its last checkpoint, goes.
    /// </summary>
    public void Begin(DeviceModel model, Optimizer optimizer, TrainingState state, (string Name, string Value)[] decisive)
    {
        var isDone = state.Planned > 0 && state.Epoch >= state.Planned;
        state.Save(model, optimizer, decisive, Training, isDone ? SaveReason.Finished : SaveReason.Begun);
        if (state.History.Best is null)
        {
            File.Delete(Best);
        }

        if (state.TotalIterations == 0)
        {
            File.Delete(Last);
            DivergenceDump.Delete(Divergence);
        }

        if (state.History.Epochs.Count > 0)
        {
            SaveHistory(state.History);
        }
        else
        {
            File.Delete(History);
        }
    }

    public void SaveHistory(TrainingHistory history) => AtomicFile.Write(History, Encoding.UTF8.GetBytes(history.ToJsonLines()));

    public void SaveBest(DeviceModel model, EpochRecord record) => CheckpointWriter.Save(model, Best, Metadata(record, SaveReason.Best));

    /// <summary>The weights that a training ends with.</summary>
    public void SaveLast(DeviceModel model, TrainingHistory history) => SaveLast(model, history, averaged: false, SaveReason.Finished);

    /// <summary>
    /// Writes weights (the averages, where there are any) and state. Where one of them cannot be written, the other is all the same.
    /// </summary>
    public void SaveState(
        DeviceModel model, Optimizer optimizer, TrainingState state, (string Name, string Value)[] decisive, string reason)
    {
        try
        {
            SaveLast(model, state.History, optimizer.Averaging is not null, reason);
        }
        finally
        {
            state.Save(model, optimizer, decisive, Training, reason);
        }
    }

    private void SaveLast(DeviceModel model, TrainingHistory history, bool averaged, string reason) => CheckpointWriter.Save(
        model, Last, Metadata(history.Epochs.Count > 0 ? history.Epochs[^1] : null, reason), averaged: averaged);

    private static Dictionary<string, string> Metadata(EpochRecord? record, string reason)
    {
        var metadata = new Dictionary<string, string>
        {
            [CheckpointKeys.Epoch] = FormattableString.Invariant($"{record?.Epoch ?? 0}"),
            [CheckpointKeys.Reason] = reason,
        };
        if (record?.Ap is { } ap)
        {
            metadata[CheckpointKeys.Ap] = FormattableString.Invariant($"{ap:R}");
        }

        return metadata;
    }
}
