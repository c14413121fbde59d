namespace Fovea.Gpu.Reporting;

/// <summary>The lines of gpu.json, written as they come, so that what was seen before a crash stays.</summary>
/// <param name="path">The file; it is continued where it exists.</param>
/// <param name="echo">Whether lines that are no details also go to standard output.</param>
internal sealed class Journal(string path, bool echo)
{
    private readonly List<Entry> entries = [];
    private readonly Lock gate = new();

    /// <summary>What this process has written.</summary>
    public IReadOnlyList<Entry> Entries
    {
        get
        {
            lock (gate)
            {
                return [.. entries];
            }
        }
    }

    /// <summary>Writes an entry.</summary>
    public void Add(Entry entry)
    {
        lock (gate)
        {
            entries.Add(entry);
            File.AppendAllText(path, entry.ToJson() + "\n");
            if (echo && (!entry.IsDetail || entry.Ok == false))
            {
                Console.WriteLine(ResultTable.Line(entry));
            }
        }
    }

    /// <summary>Every entry of the file, whoever wrote it.</summary>
    public IReadOnlyList<Entry> ReadAll() =>
        File.Exists(path) ? [.. File.ReadLines(path).Select(Entry.TryParse).OfType<Entry>()] : [];
}
