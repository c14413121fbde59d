using System.Numerics;

namespace Fovea;

/// <summary>
/// Random numbers with the same bits on every machine: xoshiro256** seeded through SplitMix64.
/// A copy continues on its own: pass it by reference where it is to be shared.
/// </summary>
/// <remarks>Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021; prng.di.unimi.it.</remarks>
public struct SeededRandom
{
    private ulong s0;
    private ulong s1;
    private ulong s2;
    private ulong s3;

    /// <summary>Starts a sequence.</summary>
    /// <param name="seed">Any value.</param>
    public SeededRandom(ulong seed)
    {
        s0 = SplitMix(ref seed);
        s1 = SplitMix(ref seed);
        s2 = SplitMix(ref seed);
        s3 = SplitMix(ref seed);
    }

    /// <summary>Starts a sequence of its own for each key, for example (seed, epoch, image): what one image draws does not depend on the
    /// others.</summary>
    public SeededRandom(ulong seed, ulong key1, ulong key2 = 0)
        : this(Mix(Mix(seed, key1), key2))
    {
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        var t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>Uniform in 0 … <paramref name="count"/> − 1, without the bias of a remainder (Lemire's multiplication; its bias is below
    /// 2⁻³²).</summary>
    public int NextInt32(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return (int)Math.BigMul(NextUInt64(), (ulong)count, out _);
    }

    /// <summary>True with the given probability.</summary>
    public bool NextBool(double probability = 0.5) => NextDouble() < probability;

    /// <summary>A random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt32(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong seed, ulong key)
    {
        var state = seed ^ (key * 0x9E3779B97F4A7C15UL);
        return SplitMix(ref state);
    }

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
