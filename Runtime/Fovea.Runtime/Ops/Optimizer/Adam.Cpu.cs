using System.Numerics;
using Fovea.CompilerServices;
using Fovea.Cpu;

namespace Fovea.Ops.Optimizer;

/// <summary>
/// The numbers of a step, worked out once in double as torch does. Rates are first taken back to the decimals they were written as:
/// 1 − 0.999f is off by 1.3e-5 of itself, 1 − 0.999 is not.
/// </summary>
internal readonly struct AdamFactors
{
    public AdamFactors(in AdamRule rule)
    {
        var rate = AsWritten(rule.LearningRate);
        var beta1 = AsWritten(rule.Beta1);
        var beta2 = AsWritten(rule.Beta2);
        Beta1 = (float)beta1;
        Beta2 = (float)beta2;
        OneMinusBeta1 = (float)(1 - beta1);
        OneMinusBeta2 = (float)(1 - beta2);
        StepSize = (float)(rate / (1 - Math.Pow(beta1, rule.Step)));
        SecondCorrection = (float)Math.Sqrt(1 - Math.Pow(beta2, rule.Step));
        Epsilon = rule.Epsilon;
        Shrink = rule.Decoupled ? (float)(1 - (rate * AsWritten(rule.WeightDecay))) : 1;
        Decay = rule.Decoupled ? 0 : rule.WeightDecay;
    }

    public float Beta1 { get; }

    public float Beta2 { get; }

    public float OneMinusBeta1 { get; }

    public float OneMinusBeta2 { get; }

    /// <summary>η/(1 − β₁ᵗ).</summary>
    public float StepSize { get; }

    /// <summary>√(1 − β₂ᵗ).</summary>
    public float SecondCorrection { get; }

    public float Epsilon { get; }

    /// <summary>AdamW: 1 − η·λ; else 1.</summary>
    public float Shrink { get; }

    /// <summary>Adam: λ; else 0.</summary>
    public float Decay { get; }

    /// <summary>The double nearest to the shortest decimal of a float; a conversion to decimal keeps seven significant digits.</summary>
    private static double AsWritten(float value) => (double)(decimal)value;
}

/// <summary>One pass over parameters, gradients and moments; torch's order of float operations.</summary>
internal unsafe struct AdamJob<TAmsGrad> : ICpuJob
    where TAmsGrad : struct, IFlag
{
    public TaskSplit Split;
    public AdamFactors Factors;
    public float* P;
    public float* G;
    public float* First;
    public float* Second;

    /// <summary>Only with AMSGrad.</summary>
    public float* Greatest;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            var first = Vector.Load(First + i);
            var second = Vector.Load(Second + i);
            var greatest = TAmsGrad.On ? Vector.Load(Greatest + i) : default;
            Vector.Store(Step(Vector.Load(P + i), Vector.Load(G + i), ref first, ref second, ref greatest), P + i);
            Vector.Store(first, First + i);
            Vector.Store(second, Second + i);
            if (TAmsGrad.On)
            {
                Vector.Store(greatest, Greatest + i);
            }
        }

        for (; i < end; i++)
        {
            var first = new Vector<float>(First[i]);
            var second = new Vector<float>(Second[i]);
            var greatest = new Vector<float>(TAmsGrad.On ? Greatest[i] : 0);
            P[i] = Step(new Vector<float>(P[i]), new Vector<float>(G[i]), ref first, ref second, ref greatest)[0];
            First[i] = first[0];
            Second[i] = second[0];
            if (TAmsGrad.On)
            {
                Greatest[i] = greatest[0];
            }
        }
    }

    private readonly Vector<float> Step(
        Vector<float> p, Vector<float> g, ref Vector<float> first, ref Vector<float> second, ref Vector<float> greatest)
    {
        p *= Factors.Shrink;
        g += p * Factors.Decay;
        first = (first * Factors.Beta1) + (g * Factors.OneMinusBeta1);
        second = (second * Factors.Beta2) + (g * g * Factors.OneMinusBeta2);
        greatest = TAmsGrad.On ? Vector.Max(greatest, second) : second;
        var denominator = (Vector.SquareRoot(greatest) / Factors.SecondCorrection) + new Vector<float>(Factors.Epsilon);
        return p - (first / denominator * Factors.StepSize);
    }
}
