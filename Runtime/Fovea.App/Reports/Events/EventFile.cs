using System.Globalization;
using Fovea.Files;

namespace Fovea.App.Reports.Events;

/// <summary>
/// The numbers of a training for TensorBoard: <c>events.out.tfevents.*.fovea</c>, one event for each epoch. A training that is resumed, or
/// has gone back, goes on in the same file, without the epochs that it repeats. TensorBoard takes every name with "tfevents" in it; the
/// ending tells ours from what another tool has written in the folder.
/// </summary>
internal sealed class EventFile
{
    /// <summary>The files that are ours to read, to write and to remove.</summary>
    public const string Pattern = Prefix + "*" + Ending;

    private const string Prefix = "events.out.tfevents.";
    private const string Ending = ".fovea";
    private readonly string path;

    // Whether a write has failed, so that the file may hold more than the events up to the last step.
    private bool torn;

    private EventFile(string path) => this.path = path;

    /// <summary>The greatest step in the file; 0 where it has none.</summary>
    public long LastStep { get; private set; }

    /// <summary>Begins a file. Others that the folder has stay: who shares it with another tool may have a reason.</summary>
    /// <param name="folder">The run's.</param>
    public static EventFile Create(string folder)
    {
        var (seconds, machine) = (DateTimeOffset.UtcNow.ToUnixTimeSeconds(), Environment.MachineName);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{seconds:D10}.{machine}.{Environment.ProcessId}.0{Ending}");
        var begun = new EventFile(Path.Combine(folder, name));
        AtomicFile.Write(begun.path, stream => TfRecord.Write(stream, EventMessage.Version(Now())));
        return begun;
    }

    /// <summary>
    /// Goes on with the newest of our files in a folder; null where there is none. <see cref="LastStep"/> tells what it has.
    /// </summary>
    /// <param name="folder">The run's.</param>
    /// <param name="lastStep">Events of later steps go: these epochs are trained again.</param>
    public static EventFile? Continue(string folder, long lastStep)
    {
        if (Directory.GetFiles(folder, Pattern).Order(StringComparer.Ordinal).LastOrDefault() is not { } found)
        {
            return null;
        }

        var file = new EventFile(found) { LastStep = lastStep };
        file.GoBackTo(lastStep);
        return file;
    }

    /// <summary>Appends an epoch's numbers. Who reads the file meanwhile sees whole events, and at the most a part of the last.</summary>
    /// <exception cref="IOException">It could not be written; the next write drops what is left of it.</exception>
    public void Append(long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        if (torn)
        {
            GoBackTo(LastStep);
        }

        using var record = new MemoryStream();
        TfRecord.Write(record, EventMessage.Scalars(Now(), step, scalars));
        torn = true;
        AtomicFile.Append(path, record.GetBuffer().AsSpan(0, (int)record.Length));
        (LastStep, torn) = (Math.Max(LastStep, step), false);
    }

    /// <summary>Drops the events of later steps, and what a process that was killed has left of its last one.</summary>
    /// <exception cref="IOException">It could not be written; the next write goes back, too.</exception>
    public void GoBackTo(long lastStep)
    {
        (LastStep, torn) = (Math.Min(LastStep, lastStep), true);
        var content = File.ReadAllBytes(path);
        ReadOnlySpan<byte> rest = content;
        using var kept = new MemoryStream();
        var greatest = 0L;
        while (TfRecord.TryRead(ref rest, out var data))
        {
            var step = EventMessage.StepOf(data);
            if (step <= lastStep)
            {
                TfRecord.Write(kept, data);
                greatest = Math.Max(greatest, step);
            }
        }

        if (kept.Length == 0)
        {
            TfRecord.Write(kept, EventMessage.Version(Now()));
        }

        if (kept.Length != content.Length)
        {
            AtomicFile.Write(path, kept.GetBuffer().AsMemory(0, (int)kept.Length));
        }

        (LastStep, torn) = (greatest, false);
    }

    private static double Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
}
