namespace Fovea.TestSupport;

/// <summary>A stream of the recording driver. While it is captured it knows how far into each stream's work its own work waits.</summary>
internal sealed class RecordedStream(string name)
{
    public string Name => name;

    public RecordedCapture? Capture { get; set; }

    /// <summary>Captured work so far.</summary>
    public int Position { get; set; }

    /// <summary>What everything after this point waits for: positions in the streams of the capture.</summary>
    public Dictionary<RecordedStream, int> Behind { get; } = [];

    /// <summary>Takes over what an event knows.</summary>
    public void Join(IReadOnlyDictionary<RecordedStream, int> other)
    {
        foreach (var (stream, position) in other)
        {
            Behind[stream] = Math.Max(position, Behind.GetValueOrDefault(stream));
        }
    }

    /// <summary>One more piece of captured work.</summary>
    public void Advance() => Behind[this] = ++Position;

    /// <summary>Begins anew as a member of a capture, or of none.</summary>
    public void Enter(RecordedCapture? capture)
    {
        Capture = capture;
        Position = 0;
        Behind.Clear();
    }
}

/// <summary>An event of the recording driver.</summary>
internal sealed class RecordedEvent(string name, bool timing)
{
    public string Name => name;

    public bool Timing => timing;

    public bool IsRecorded { get; set; }

    /// <summary>The capture in which it was recorded last, if it was in one.</summary>
    public RecordedCapture? Capture { get; set; }

    /// <summary>What it stands for in the capture.</summary>
    public Dictionary<RecordedStream, int> Behind { get; set; } = [];
}

/// <summary>A capture in progress, then a graph: what it touches must be there whenever it runs.</summary>
internal sealed class RecordedCapture(RecordedStream origin)
{
    public RecordedStream Origin => origin;

    /// <summary>The thread that began it.</summary>
    public int Thread { get; } = Environment.CurrentManagedThreadId;

    public HashSet<RecordedStream> Members { get; } = [origin];

    public HashSet<RecordedAllocations.Block> Touched { get; } = [];

    /// <summary>Host memory that a run writes: address and bytes.</summary>
    public List<(nint Address, long Bytes)> Read { get; } = [];

    public bool HasEnded { get; set; }

    public int Nodes { get; set; }

    public string Name { get; set; } = "";

    /// <summary>A stream with work that the origin's end does not wait for, or null.</summary>
    public RecordedStream? FindUnjoined() => Members.FirstOrDefault(stream => origin.Behind.GetValueOrDefault(stream) < stream.Position);
}
