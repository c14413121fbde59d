using Fovea.Cuda;

namespace Fovea.Ops.PostProcessing;

/// <summary>How select.cu finds the best k of so many logits: the width of its keys, its passes, and its workspace.</summary>
internal readonly record struct SelectionPlan
{
    /// <summary>Bits of a digit, and so of a pass; select.cu counts in as many bins.</summary>
    private const int DigitBits = 11;

    /// <summary>64-bit numbers of an image's state; select.cu names them.</summary>
    private const int StateLength = 4;
    private readonly int images;
    private readonly int keyBits;

    /// <param name="images">N.</param>
    /// <param name="length">Logits of an image.</param>
    /// <param name="rule">Threshold and top-k.</param>
    public SelectionPlan(int images, int length, in PostProcessingRule rule)
    {
        this.images = images;
        TopK = Math.Min(rule.TopK, length);
        Floor = TopScores.LogitBelow(rule.ScoreThreshold);
        IndexBits = BitLength(length - 1);
        keyBits = BitLength(WorstScore(rule.ScoreThreshold)) + IndexBits;

        // Where no more than k logits are there at all, all that pass are wanted.
        Passes = TopK == length ? 0 : (keyBits + DigitBits - 1) / DigitBits;
    }

    /// <summary>Candidates of an image at the most.</summary>
    public int TopK { get; }

    /// <summary>Logits must be greater than this, which needs no exponential.</summary>
    public float Floor { get; }

    /// <summary>Bits of a key that hold the index.</summary>
    public int IndexBits { get; }

    /// <summary>Digits of a key.</summary>
    public int Passes { get; }

    /// <summary>Bytes that must be 0 at the start: everything in the workspace before the keys.</summary>
    public long ClearedBytes => HistogramAt + Aligned((long)images * sizeof(int) << DigitBits);

    /// <summary>Bytes of the workspace.</summary>
    public long Bytes => ClearedBytes + ((long)images * TopK * sizeof(long));

    private long FoundAt => Aligned((long)images * StateLength * sizeof(long));

    private long HistogramAt => FoundAt + Aligned((long)images * sizeof(int));

    /// <summary>The place of a pass's digit in the key.</summary>
    public (int Shift, int Bits) Digit(int pass)
    {
        var above = keyBits - (pass * DigitBits);
        var bits = Math.Min(DigitBits, above);
        return (above - bits, bits);
    }

    /// <summary>[N, 4].</summary>
    public static DevicePointer<long> State(DeviceAddress workspace) => new(workspace);

    /// <summary>[N].</summary>
    public DevicePointer<int> Found(DeviceAddress workspace) => new(workspace + FoundAt);

    /// <summary>[N, bins].</summary>
    public DevicePointer<int> Histogram(DeviceAddress workspace) => new(workspace + HistogramAt);

    /// <summary>[N, <see cref="TopK"/>].</summary>
    public DevicePointer<long> Keys(DeviceAddress workspace) => new(workspace + ClearedBytes);

    /// <summary>How far the bits of a score that passes can be from those of 1.</summary>
    private static uint WorstScore(float threshold) => threshold < 1
        ? BitConverter.SingleToUInt32Bits(1) - BitConverter.SingleToUInt32Bits(MathF.Max(threshold, 0) + 0f)
        : 1;

    private static int BitLength(long value) => 64 - (int)long.LeadingZeroCount(value);

    private static long Aligned(long bytes) => (bytes + 255) / 256 * 256;
}
