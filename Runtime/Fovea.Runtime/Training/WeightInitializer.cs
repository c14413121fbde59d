using System.Text;
using Fovea.Model;

namespace Fovea.Training;

/// <summary>
/// First values of weights: the same bits on every machine. Each tensor has its own stream, seeded by the model's seed and the tensor's key, so that adding a layer
/// changes no other layer's values. Values are drawn in the checkpoint's order, [Cout, Cin/groups, R, S].
/// </summary>
/// <remarks>
/// Generator: xoshiro256** (Blackman, Vigna 2018), its state four outputs of splitmix64 started at splitmix64(seed) ⊕ FNV-1a-64(key in UTF-8).
/// Uniform: 53 high bits · 2⁻⁵³. Normal: Marsaglia's polar method with the logarithm below. Only + − · / √ on doubles are used, which IEEE 754 fixes to the bit;
/// the library's Log and Cos differ between platforms.
/// </remarks>
internal struct WeightInitializer
{
    private ulong s0, s1, s2, s3;
    private double spare;
    private bool hasSpare;

    public WeightInitializer(ulong seed, string key)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(key))
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        var state = seed;
        state = SplitMix(ref state) ^ hash;
        s0 = SplitMix(ref state);
        s1 = SplitMix(ref state);
        s2 = SplitMix(ref state);
        s3 = SplitMix(ref state);
    }

    /// <summary>The tensor's first values, in the checkpoint's order.</summary>
    public static void Fill(TensorInfo tensor, ulong seed, Span<float> values)
    {
        switch (tensor.Initializer)
        {
            case Initializer.Constant:
                values.Fill(tensor.InitialValue);
                break;
            case Initializer.KaimingNormalFanOut:
                FillNormal(tensor, seed, Math.Sqrt(2.0 / ((double)tensor.Shape[0] * Receptive(tensor))), values);
                break;
            case Initializer.Normal:
                FillNormal(tensor, seed, tensor.InitialValue, values);
                break;
            case Initializer.KaimingUniform:
                FillUniform(tensor, seed, Math.Sqrt(3.0 / ((double)tensor.Shape[1] * Receptive(tensor))), values);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(tensor), tensor.Initializer, $"{tensor.Key}: unknown initializer.");
        }
    }

    public ulong NextBits()
    {
        var result = ulong.RotateLeft(s1 * 5, 7) * 9;
        var t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = ulong.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextUniform() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>N(0, 1).</summary>
    public double NextNormal()
    {
        if (hasSpare)
        {
            hasSpare = false;
            return spare;
        }

        double u, v, s;
        do
        {
            u = (2 * NextUniform()) - 1;
            v = (2 * NextUniform()) - 1;
            s = (u * u) + (v * v);
        }
        while (s >= 1 || s == 0);

        var factor = Math.Sqrt(-2 * Log(s) / s);
        spare = v * factor;
        hasSpare = true;
        return u * factor;
    }

    /// <summary>
    /// ln x for normal x &gt; 0: x = m·2ᵉ with m in [√½, √2), ln m = 2·artanh t, t = (m − 1)/(m + 1), as the odd series up to t²³ (|t| ≤ 0.1716, the rest is below 1e-20).
    /// </summary>
    internal static double Log(double x)
    {
        const double Ln2 = 0.693147180559945309;
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)((bits >> 52) & 0x7FF) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        if (m > 1.4142135623730951)
        {
            m /= 2;
            exponent++;
        }

        var t = (m - 1) / (m + 1);
        var t2 = t * t;
        var sum = 0.0;
        for (var k = 23; k >= 1; k -= 2)
        {
            sum = (sum * t2) + (1.0 / k);
        }

        return (2 * t * sum) + (exponent * Ln2);
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15UL;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    private static void FillNormal(TensorInfo tensor, ulong seed, double deviation, Span<float> values)
    {
        var random = new WeightInitializer(seed, tensor.Key);
        foreach (ref var v in values)
        {
            v = (float)(random.NextNormal() * deviation);
        }
    }

    private static void FillUniform(TensorInfo tensor, ulong seed, double bound, Span<float> values)
    {
        var random = new WeightInitializer(seed, tensor.Key);
        foreach (ref var v in values)
        {
            v = (float)(((2 * random.NextUniform()) - 1) * bound);
        }
    }

    /// <summary>R·S of a convolution's weights.</summary>
    private static int Receptive(TensorInfo tensor) => tensor.Shape[2] * tensor.Shape[3];
}
