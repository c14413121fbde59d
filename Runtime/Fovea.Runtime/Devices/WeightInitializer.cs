using System.Text;
using Fovea.CompilerServices;

namespace Fovea.Devices;

/// <summary>
/// First values of weights: the same bits on every machine. Each tensor has its own stream, seeded by the model's seed and the tensor's
/// key, so that adding a layer
/// changes no other layer's values. Values are drawn in the checkpoint's order, [Cout, Cin/groups, R, S].
/// </summary>
/// <remarks>
/// Generator: <see cref="SeededRandom"/> of (seed, FNV-1a-64 of the key in UTF-8). Uniform: 53 high bits · 2⁻⁵³. Normal: Marsaglia's
/// polar method with the logarithm
/// below. Only + − · / √ on doubles are used, which IEEE 754 fixes to the bit;
/// the library's Log and Cos differ between platforms.
/// </remarks>
internal struct WeightInitializer
{
    private SeededRandom random;
    private double spare;
    private bool hasSpare;

    public WeightInitializer(ulong seed, string key) => random = new SeededRandom(seed, Fnv1a(key));

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

    /// <summary>Uniform in [0, 1).</summary>
    public double NextUniform() => random.NextDouble();

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
    /// ln x for normal x &gt; 0: x = m·2ᵉ with m in [√½, √2), ln m = 2·artanh t, t = (m − 1)/(m + 1), as the odd series up to t²³ (|t|
    /// ≤ 0.1716, the rest is below 1e-20).
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

    private static ulong Fnv1a(string key)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(key))
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return hash;
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
