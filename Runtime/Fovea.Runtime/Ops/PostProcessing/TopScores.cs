using System.Runtime.Intrinsics;
using Fovea.Detection;

namespace Fovea.Ops.PostProcessing;

/// <summary>
/// The best k of a stream of scores, equal scores by lower index, in 2·k places: when they are full the best k stay and the threshold
/// rises.
/// </summary>
internal unsafe ref struct TopScores(ulong* places, int k)
{
    private readonly ulong* places = places;
    private readonly int k = k;
    private int count;

    /// <summary>Keys must be below this.</summary>
    private ulong limit = ulong.MaxValue;

    /// <summary>The places that k needs.</summary>
    public static long Places(int k) => 2L * k;

    public readonly int Count => count;

    /// <summary>Reads logits whose sigmoid is greater than the threshold; <paramref name="firstIndex"/> is the first one's index.</summary>
    public void Add(float* logits, int length, int firstIndex, float threshold)
    {
        var floor = LogitBelow(threshold);
        var i = 0;
        for (; i <= length - 8; i += 8)
        {
            var mask = Vector256.ExtractMostSignificantBits(Vector256.GreaterThan(Vector256.Load(logits + i), Vector256.Create(floor)));
            for (; mask != 0; mask &= mask - 1)
            {
                var lane = int.TrailingZeroCount((int)mask);
                floor = Consider(logits[i + lane], firstIndex + i + lane, threshold, floor);
            }
        }

        for (; i < length; i++)
        {
            if (logits[i] > floor)
            {
                floor = Consider(logits[i], firstIndex + i, threshold, floor);
            }
        }
    }

    /// <summary>Adds keys of another stream.</summary>
    public void Add(ulong* keys, int length)
    {
        for (var i = 0; i < length; i++)
        {
            Insert(keys[i]);
        }
    }

    /// <summary>Puts the best k first, best first, and returns how many there are.</summary>
    public int Finish()
    {
        new Span<ulong>(places, count).Sort();
        count = Math.Min(count, k);
        return count;
    }

    /// <summary>σ(x) in float32.</summary>
    public static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    /// <summary>A logit such that those at or below it certainly have no sigmoid greater than this score, whatever the rounding.</summary>
    public static float LogitBelow(float score)
    {
        // float32 sigmoids are off by a few parts in 10⁷; in terms of the logit that is unbounded near 1, so the margin goes to the score.
        var safe = Math.Min(score, 1) * (1 - 1e-6) - 1e-30;
        return safe <= 0 ? float.NegativeInfinity : (float)(Math.Log(safe / (1 - safe)) - 1e-5);
    }

    private float Consider(float logit, int index, float threshold, float floor)
    {
        var score = Sigmoid(logit);
        if (!(score > threshold) || !Insert(ScoreOrder.Key(score, index)))
        {
            return floor;
        }

        // The k-th best score bounds what can still enter; equal scores enter only by a lower index, which a rising stream has not.
        return MathF.Max(floor, LogitBelow(ScoreOrder.Score(limit)));
    }

    /// <summary>Keeps a key; true if the places were full and the limit has risen.</summary>
    private bool Insert(ulong key)
    {
        if (key >= limit)
        {
            return false;
        }

        places[count++] = key;
        if (count < Places(k))
        {
            return false;
        }

        new Span<ulong>(places, count).Sort();
        count = k;
        limit = places[k - 1];
        return true;
    }
}
