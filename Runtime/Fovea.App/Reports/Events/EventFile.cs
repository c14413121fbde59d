using System.Globalization;
using Fovea.Files;

namespace Fovea.App.Reports.Events;

/// <summary>
/// The numbers of a training for TensorBoard: <c>events.out.tfevents.*</c>, one event for each epoch. A training that is resumed, or has
/// gone back, goes on in the same file, without the epochs that it repeats.
/// </summary>
internal sealed class EventFile
{
    private const string Prefix = "events.out.tfevents.";
    private readonly string path;

    private EventFile(string path) => this.path = path;

    /// <summary>Begins a file. Others that the folder has stay: who shares it with another tool may have a reason.</summary>
    /// <param name="folder">The run's.</param>
    public static EventFile Create(string folder)
    {
        var (seconds, machine) = (DateTimeOffset.UtcNow.ToUnixTimeSeconds(), Environment.MachineName);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{seconds:D10}.{machine}.{Environment.ProcessId}.0");
        var begun = new EventFile(Path.Combine(folder, name));
        AtomicFile.Write(begun.path, stream => TfRecord.Write(stream, EventMessage.Version(Now())));
        return begun;
    }

    /// <summary>Goes on with the newest file of a folder; null where there is none.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="lastStep">Events of later steps go: these epochs are trained again.</param>
    public static EventFile? Continue(string folder, long lastStep)
    {
        if (Directory.GetFiles(folder, Prefix + "*").Order(StringComparer.Ordinal).LastOrDefault() is not { } found)
        {
            return null;
        }

        var file = new EventFile(found);
        file.GoBackTo(lastStep);
        return file;
    }

    /// <summary>Appends an epoch's numbers. Who reads the file meanwhile sees whole events, and at the most a part of the last.</summary>
    public void Append(long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        using var record = new MemoryStream();
        TfRecord.Write(record, EventMessage.Scalars(Now(), step, scalars));
        AtomicFile.Append(path, record.GetBuffer().AsSpan(0, (int)record.Length));
    }

    /// <summary>Drops the events of later steps, and what a process that was killed has left of its last one.</summary>
    public void GoBackTo(long lastStep)
    {
        var content = File.ReadAllBytes(path);
        ReadOnlySpan<byte> rest = content;
        using var kept = new MemoryStream();
        while (TfRecord.TryRead(ref rest, out var data))
        {
            if (EventMessage.StepOf(data) <= lastStep)
            {
                TfRecord.Write(kept, data);
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
    }

    private static double Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
}
