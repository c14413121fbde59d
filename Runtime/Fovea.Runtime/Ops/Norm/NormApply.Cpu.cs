using System.Numerics;
using Fovea.Cpu;

namespace Fovea.Ops.Norm;

/// <summary>y = (x − mean)·scale + shift, then + residual, then max(0, ·) as the flags say. Elementwise: y may be x or residual.</summary>
internal unsafe struct NormApplyJob<TAdd, TRelu> : ICountedJob
    where TAdd : struct, IFlag
    where TRelu : struct, IFlag
{
    public NormShape Shape;
    public TaskSplit Split;

    /// <summary>x [slabs, rows, C].</summary>
    public float* X;

    /// <summary>Like x.</summary>
    public float* Residual;

    /// <summary>Like x.</summary>
    public float* Y;

    /// <summary>[slabs, C].</summary>
    public float* Mean;

    /// <summary>γ/σ [slabs, C].</summary>
    public float* Scale;

    /// <summary>β [C].</summary>
    public float* Shift;

    public readonly int Tasks => Shape.Tasks;

    public void Execute(int task, int worker)
    {
        var slab = task / Split.Count;
        var chunk = task % Split.Count;
        var mean = Mean + ((long)slab * Shape.Channels);
        var scale = Scale + ((long)slab * Shape.Channels);
        for (var row = Split.Begin(chunk); row < Split.End(chunk); row++)
        {
            Row(((slab * Shape.Rows) + row) * Shape.Channels, mean, scale);
        }
    }

    private readonly void Row(long at, float* mean, float* scale)
    {
        var channels = Shape.Channels;
        var c = 0;
        for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            var v = ((Vector.Load(X + at + c) - Vector.Load(mean + c)) * Vector.Load(scale + c)) + Vector.Load(Shift + c);
            if (TAdd.On)
            {
                v += Vector.Load(Residual + at + c);
            }

            // MaxNative(0, NaN) is NaN on x86 and Arm: a diverged network shows.
            Vector.Store(TRelu.On ? Vector.MaxNative(Vector<float>.Zero, v) : v, Y + at + c);
        }

        for (; c < channels; c++)
        {
            var v = ((X[at + c] - mean[c]) * scale[c]) + Shift[c];
            if (TAdd.On)
            {
                v += Residual[at + c];
            }

            Y[at + c] = TRelu.On && v < 0 ? 0 : v;
        }
    }
}

/// <summary>dx = a·dy + b·(x − mean) + c, with dy·[y &gt; 0] in place of dy as the flag says. Elementwise: dx may be dy.</summary>
internal unsafe struct NormGradientJob<TMasked> : ICountedJob
    where TMasked : struct, IFlag
{
    public NormShape Shape;
    public TaskSplit Split;

    /// <summary>x [slabs, rows, C].</summary>
    public float* X;

    /// <summary>Like x.</summary>
    public float* Y;

    /// <summary>Like x.</summary>
    public float* Dy;

    /// <summary>Like x.</summary>
    public float* Dx;

    /// <summary>[slabs, C].</summary>
    public float* Mean;

    /// <summary>a [slabs, C].</summary>
    public float* A;

    /// <summary>b [slabs, C].</summary>
    public float* B;

    /// <summary>c [slabs, C].</summary>
    public float* C;

    public readonly int Tasks => Shape.Tasks;

    public void Execute(int task, int worker)
    {
        var slab = task / Split.Count;
        var chunk = task % Split.Count;
        for (var row = Split.Begin(chunk); row < Split.End(chunk); row++)
        {
            Row(((slab * Shape.Rows) + row) * Shape.Channels, (long)slab * Shape.Channels);
        }
    }

    private readonly void Row(long at, long coefficients)
    {
        var channels = Shape.Channels;
        var mean = Mean + coefficients;
        var a = A + coefficients;
        var b = B + coefficients;
        var k = C + coefficients;
        var c = 0;
        for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            var dy = Vector.Load(Dy + at + c);
            if (TMasked.On)
            {
                dy = Vector.ConditionalSelect(Vector.GreaterThan(Vector.Load(Y + at + c), Vector<float>.Zero), dy, Vector<float>.Zero);
            }

            var x = Vector.Load(X + at + c) - Vector.Load(mean + c);
            Vector.Store((Vector.Load(a + c) * dy) + ((Vector.Load(b + c) * x) + Vector.Load(k + c)), Dx + at + c);
        }

        for (; c < channels; c++)
        {
            var dy = TMasked.On && !(Y[at + c] > 0) ? 0 : Dy[at + c];
            Dx[at + c] = (a[c] * dy) + ((b[c] * (X[at + c] - mean[c])) + k[c]);
        }
    }
}
