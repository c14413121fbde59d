using System.Numerics;
using Fovea.CompilerServices;
using Fovea.Cpu;

namespace Fovea.Ops.Optimizer;

/// <summary>One pass over parameters, gradients and momentum; torch's order of float operations.</summary>
internal unsafe struct SgdJob : ICpuJob
{
    public TaskSplit Split;
    public SgdRule Rule;
    public float* P;
    public float* G;

    /// <summary>Unused where the momentum is 0.</summary>
    public float* Buffer;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            var buffer = Rule.Momentum != 0 ? Vector.Load(Buffer + i) : default;
            var p = Step(Vector.Load(P + i), Vector.Load(G + i), ref buffer);
            Vector.Store(p, P + i);
            if (Rule.Momentum != 0)
            {
                Vector.Store(buffer, Buffer + i);
            }
        }

        for (; i < end; i++)
        {
            var buffer = new Vector<float>(Rule.Momentum != 0 ? Buffer[i] : 0);
            P[i] = Step(new Vector<float>(P[i]), new Vector<float>(G[i]), ref buffer)[0];
            if (Rule.Momentum != 0)
            {
                Buffer[i] = buffer[0];
            }
        }
    }

    private readonly Vector<float> Step(Vector<float> p, Vector<float> g, ref Vector<float> buffer)
    {
        if (Rule.WeightDecay != 0)
        {
            g += p * Rule.WeightDecay;
        }

        if (Rule.Momentum != 0)
        {
            buffer = Rule.First ? g : (buffer * Rule.Momentum) + g;
            g = Rule.Nesterov ? g + (buffer * Rule.Momentum) : buffer;
        }

        return p - (g * Rule.LearningRate);
    }
}
