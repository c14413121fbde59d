using Fovea.CompilerServices;
using Fovea.Ops.FoldNorm;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>
/// Folding a normalisation with fixed statistics into the convolution before it, and the gradient of that, against the reference.
/// </summary>
internal static class FoldChecks
{
    private const float Epsilon = 1e-5f;

    /// <summary>Cin, Cout, kernel, groups: filters shorter and longer than a block, of packs and of single weights.</summary>
    private static readonly int[][] Convolutions = [[1, 1, 1, 1], [3, 5, 7, 1], [64, 8, 3, 1], [8, 12, 1, 1], [4, 7, 1, 1], [24, 24, 3, 4]];

    public static IEnumerable<OperatorCheck> All =>
        from s in Convolutions
        from bias in (bool[])[false, true]
        let text = string.Join('×', s) + (bias ? " with bias" : "")
        from check in (OperatorCheck[])
        [
            new($"FoldBatchNorm {text}", rig => Fold(rig, s, bias)),
            new($"FoldBatchNormBackward {text}", rig => Backward(rig, s, bias, false)),
            new($"FoldBatchNormBackward accumulating {text}", rig => Backward(rig, s, bias, true)),
            new($"FoldBatchNormBackward of constants {text}", rig => Constants(rig, s, bias)),
        ]
        select check;

    private static void Fold(CudaRig rig, int[] s, bool bias)
    {
        var o = new Operands(rig, s, bias);
        var length = o.Convolution.WeightLength;
        var folded = o.Convolution with
        {
            Storage = ParameterStorage.Folded,
            Weight = rig.FoldedPlace(length),
            Bias = rig.FoldedPlace(o.Convolution.OutChannels),
        };
        rig.Backend.FoldBatchNorm(o.Convolution, o.Norm, folded);
        var (expected, shift) = (new double[length], new double[o.Beta.Length]);
        FoldNormReference.Forward(o.Reference, expected, shift);
        var masters = rig.Read(rig.Model.Folded, folded.Weight, length);
        Check.Close("folded weights", expected, masters, 1e-6);
        Check.Close("folded bias", shift, rig.Read(rig.Model.Folded, folded.Bias, shift.Length), 1e-6);
        Check.Same<float>("rounded weights", rig.Rounded(masters), rig.ReadValues(rig.Model.FoldedValues, folded.Weight, length));
    }

    private static void Backward(CudaRig rig, int[] s, bool bias, bool accumulate)
    {
        var o = new Operands(rig, s, bias);
        var (dw, db, before) = o.WriteGradients();
        rig.Backend.FoldBatchNormBackward(
            o.Convolution, o.Norm, new ConvGradients(o.Convolution.Weight, -1), new NormGradients(o.Norm.Scale, o.Norm.Shift, accumulate));
        var (expected, dgamma) = (Doubles(dw), Doubles(before));
        FoldNormReference.Backward(o.Reference, db, expected, dgamma, accumulate);
        Check.Close("dw", expected, o.Read(o.Convolution.Weight, dw.Length), 1e-6);
        Check.Close("dγ", dgamma, o.Read(o.Norm.Scale, dgamma.Length), 2e-6);
        Check.Same<float>("dβ", db, o.Read(o.Norm.Shift, db.Length));
    }

    private static void Constants(CudaRig rig, int[] s, bool bias)
    {
        var o = new Operands(rig, s, bias);
        var (dw, db, before) = o.WriteGradients();
        rig.Backend.FoldBatchNormBackward(o.Convolution, o.Norm, new ConvGradients(o.Convolution.Weight, -1), NormGradients.None);
        var expected = Doubles(dw);
        FoldNormReference.Backward(o.Reference, db, expected, default);
        Check.Close("dw", expected, o.Read(o.Convolution.Weight, dw.Length), 1e-6);
        Check.Same<float>("dγ", before, o.Read(o.Norm.Scale, before.Length));
        Check.Same<float>("dβ", db, o.Read(o.Norm.Shift, db.Length));
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, value => (double)value);

    private sealed class Operands
    {
        private readonly CudaRig rig;

        public Operands(CudaRig rig, int[] s, bool bias)
        {
            this.rig = rig;
            var channels = s[1];
            Weight = Numbers.Random(1, (long)channels * s[2] * s[2] * (s[0] / s[3]));
            Bias = bias ? Numbers.Random(2, channels) : new float[channels];
            (Gamma, Beta) = (Numbers.Random(3, channels, 0.5, 1.5), Numbers.Random(4, channels));
            (Mean, Variance) = (Numbers.Random(5, channels), Numbers.Random(6, channels, 0.1, 2));
            Convolution = new ConvParameters(
                ParameterStorage.Parameters,
                rig.Parameter(Weight),
                bias ? rig.Parameter(Bias) : -1,
                s[0],
                channels,
                s[2],
                1,
                s[2] / 2,
                s[3],
                default);
            Norm = new NormParameters(
                rig.Parameter(Gamma), rig.Parameter(Beta), rig.Statistic(Mean), rig.Statistic(Variance), channels, 0, Epsilon, 0.1f);
        }

        public float[] Weight { get; }

        /// <summary>Zeros where the convolution has none.</summary>
        public float[] Bias { get; }

        public float[] Gamma { get; }

        public float[] Beta { get; }

        public float[] Mean { get; }

        public float[] Variance { get; }

        public ConvParameters Convolution { get; }

        public NormParameters Norm { get; }

        public FoldNormReference.Operands Reference => new()
        {
            Weights = Weight,
            Bias = Bias,
            Scale = Gamma,
            Shift = Beta,
            Mean = Mean,
            Variance = Variance,
            Epsilon = Epsilon,
        };

        public float[] Read(int offset, int length) => rig.Read(rig.Model.Gradients, offset, length);

        /// <summary>dw', db' and what lies where dγ goes.</summary>
        public (float[] Dw, float[] Db, float[] Dgamma) WriteGradients()
        {
            var (dw, db, dgamma) = (Numbers.Random(7, Weight.Length), Numbers.Random(8, Gamma.Length), Numbers.Random(9, Gamma.Length));
            rig.Write(rig.Model.Gradients, Convolution.Weight, dw);
            rig.Write(rig.Model.Gradients, Norm.Shift, db);
            rig.Write(rig.Model.Gradients, Norm.Scale, dgamma);
            return (dw, db, dgamma);
        }
    }
}
