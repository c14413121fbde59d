using Fovea.CompilerServices;

namespace Fovea.TestSupport;

/// <summary>The buffers that a call can touch.</summary>
public enum RecordedBuffer : byte
{
    /// <summary>The session's arena.</summary>
    Arena,

    /// <summary>The model's parameters.</summary>
    Parameters,

    /// <summary>The gradients, at the parameters' offsets.</summary>
    Gradients,

    /// <summary>Weights with their normalisation folded in.</summary>
    Folded,

    /// <summary>Running statistics.</summary>
    Statistics,

    /// <summary>Sums of gradients, at the parameters' offsets.</summary>
    GradientSums,

    /// <summary>Averages of the parameters, at the same offsets.</summary>
    AveragedParameters,

    /// <summary>Averages of the running statistics, at the same offsets.</summary>
    AveragedStatistics,
}

/// <summary>A run of elements that a call reads or writes.</summary>
/// <param name="Buffer">Which buffer.</param>
/// <param name="Offset">First element.</param>
/// <param name="Length">Elements.</param>
public readonly record struct RecordedRange(RecordedBuffer Buffer, long Offset, long Length)
{
    /// <summary>One past the last element.</summary>
    public long End => Offset + Length;

    /// <summary>Whether the two share an element.</summary>
    public bool Overlaps(RecordedRange other) => Buffer == other.Buffer && Offset < other.End && other.Offset < End;
}

/// <summary>One call of a backend.</summary>
/// <param name="Op">The member of <see cref="IBackend"/>.</param>
/// <param name="Text">
/// Op and operands with their shapes, without offsets: <c>ConvRelu x[1,56,56,64] w[64,1,1,64] s1 p0 y[1,56,56,64]</c>.
/// </param>
/// <param name="Reads">What it reads.</param>
/// <param name="Writes">What it writes.</param>
/// <param name="Macs">Multiply-accumulates of a convolution as defined (not as an algorithm saves them); 0 for other ops.</param>
public sealed record RecordedCall(
    string Op, string Text, IReadOnlyList<RecordedRange> Reads, IReadOnlyList<RecordedRange> Writes, long Macs)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>The calls that a <see cref="RecordingBackend"/> has received, in order.</summary>
public sealed class RecordingLog
{
    private readonly List<RecordedCall> calls = [];

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<RecordedCall> Calls => calls;

    /// <summary>Multiply-accumulates of all convolutions.</summary>
    public long Macs => calls.Sum(c => c.Macs);

    /// <summary>Every call's text, one a line.</summary>
    public override string ToString() => string.Join('\n', calls.Select(c => c.Text));

    /// <summary>Forgets all calls.</summary>
    public void Clear() => calls.Clear();

    /// <summary>
    /// Reads of elements in <paramref name="buffer"/> that no earlier call has written, as lines
    /// "call 12 ConvRelu …: reads 64 … 127, not written before".
    /// Empty for a sound program.
    /// </summary>
    /// <param name="buffer">The buffer to look at.</param>
    /// <param name="written">What was there from the start, such as the input.</param>
    public IReadOnlyList<string> UnwrittenReads(RecordedBuffer buffer = RecordedBuffer.Arena, params IEnumerable<RecordedRange> written)
    {
        ArgumentNullException.ThrowIfNull(written);
        var known = new SortedList<long, long>();
        foreach (var range in written.Where(r => r.Buffer == buffer))
        {
            Cover(known, range);
        }

        var problems = new List<string>();
        for (var i = 0; i < calls.Count; i++)
        {
            foreach (var read in calls[i].Reads.Where(r => r.Buffer == buffer && !Covers(known, r)))
            {
                problems.Add($"call {i} {calls[i].Text}: reads {read.Offset} … {read.End - 1}, not written before");
            }

            foreach (var write in calls[i].Writes.Where(w => w.Buffer == buffer))
            {
                Cover(known, write);
            }
        }

        return problems;
    }

    internal void Add(RecordedCall call) => calls.Add(call);

    /// <summary>Whether one of the disjoint, non-adjacent runs (start → end) holds the whole range.</summary>
    private static bool Covers(SortedList<long, long> runs, RecordedRange range)
    {
        var i = LastStartingAtOrBefore(runs, range.Offset);
        return range.Length == 0 || (i >= 0 && runs.GetValueAtIndex(i) >= range.End);
    }

    /// <summary>Adds a range, merging the runs that it touches.</summary>
    private static void Cover(SortedList<long, long> runs, RecordedRange range)
    {
        var (start, end) = (range.Offset, range.End);
        var i = LastStartingAtOrBefore(runs, end);
        while (i >= 0 && runs.GetValueAtIndex(i) >= start)
        {
            start = Math.Min(start, runs.GetKeyAtIndex(i));
            end = Math.Max(end, runs.GetValueAtIndex(i));
            runs.RemoveAt(i);
            i--;
        }

        runs[start] = end;
    }

    private static int LastStartingAtOrBefore(SortedList<long, long> runs, long offset)
    {
        var (low, high) = (0, runs.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = runs.GetKeyAtIndex(middle) <= offset ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }
}
