using System.Runtime.Intrinsics;
using Fovea.Ops.FocalLoss;

namespace Fovea.Ops.HardExamples;

/// <summary>Cross-entropy of logits without its gradient: softplus(x) of a negative target, softplus(−x) of a positive one.</summary>
internal static unsafe class EntropyKernel
{
    private const int Lanes = 8;

    /// <summary>Σ over logits with negative targets.</summary>
    public static double Negatives(float* logits, int count)
    {
        var sum = 0.0;
        var i = 0;
        for (; i <= count - Lanes; i += Lanes)
        {
            var (low, high) = Vector256.Widen(Softplus(Vector256.Load(logits + i)));
            sum += Vector256.Sum(low + high);
        }

        if (i < count)
        {
            var padded = stackalloc float[Lanes];
            new Span<float>(padded, Lanes).Clear();
            new ReadOnlySpan<float>(logits + i, count - i).CopyTo(new Span<float>(padded, Lanes));
            var rest = Softplus(Vector256.Load(padded));
            for (var lane = 0; lane < count - i; lane++)
            {
                sum += rest[lane];
            }
        }

        return sum;
    }

    /// <summary>Of one logit with a negative target.</summary>
    public static double Negative(float logit) => Softplus(Vector256.Create(logit))[0];

    /// <summary>Of one logit with a positive target.</summary>
    public static double Positive(float logit) => Softplus(Vector256.Create(-logit))[0];

    private static Vector256<float> Softplus(Vector256<float> x) =>
        Vector256.Max(x, Vector256<float>.Zero) + FocalKernel.Log1P(FocalKernel.Exp(-Vector256.Abs(x)));
}
