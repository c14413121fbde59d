using Fovea.Ops.Conv;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>Convolutions and their gradients, with everything that is fused into them.</summary>
internal static class ConvChecks
{
    /// <summary>Several tiles and chunks, tails of each, channels that 16 bytes divide and that they do not, odd maps.</summary>
    private static readonly ConvShape[] Shapes =
    [
        new(1, 9, 11, 64, 40, 1, 1, 0, 1),
        new(2, 7, 9, 16, 8, 1, 2, 0, 1),
        new(1, 35, 33, 3, 5, 1, 1, 0, 1),
        new(3, 13, 11, 40, 80, 1, 1, 0, 1),
        new(1, 6, 6, 64, 36, 1, 2, 0, 4),
        new(2, 6, 7, 64, 72, 3, 1, 1, 1),
        new(1, 9, 8, 16, 36, 3, 2, 1, 1),
        new(1, 5, 5, 36, 64, 3, 1, 1, 1),
        new(1, 7, 5, 16, 16, 3, 1, 1, 2),
        new(1, 9, 9, 32, 64, 3, 2, 1, 4),
        new(2, 5, 6, 20, 12, 3, 1, 1, 4),
        new(1, 8, 7, 80, 40, 3, 2, 1, 2),
        new(1, 6, 5, 8, 8, 3, 1, 1, 8),
        new(1, 10, 11, 8, 8, 3, 3, 0, 1),
        new(1, 1, 1, 8, 16, 3, 2, 1, 1),
        new(1, 15, 13, 3, 16, 7, 2, 3, 1),
        new(1, 6, 5, 5, 8, 7, 1, 3, 1),
        new(1, 9, 9, 16, 8, 7, 2, 3, 2),
    ];

    public static IEnumerable<OperatorCheck> All =>
        from shape in Shapes
        from check in (OperatorCheck[])
        [
            new($"Conv {shape}", rig => Forward(rig, shape, 0)),
            new($"ConvBackwardData {shape}", rig => BackwardData(rig, shape)),
            new($"ConvBackwardWeights {shape}", rig => BackwardWeights(rig, shape)),
        ]
        select check;

    /// <summary>What no table of shapes reaches.</summary>
    public static IEnumerable<OperatorCheck> Special =>
    [
        new("Conv weights between 16-byte places", rig => Forward(rig, Shapes[0], 1)),
        new("Conv keeps NaN", KeepsNaN),
        new("ConvBackward", Backward),
        new("Conv refuses maps that do not fit", Refuses),
    ];

    private static void Forward(CudaRig rig, ConvShape s, int shift)
    {
        var operands = new Operands(rig, s, shift);
        var (w, x, y) = (operands.Convolution, operands.InputMap(), operands.Output);
        var residual = rig.Rounded(Numbers.Random(4, y.Length));
        var top = y with { Height = (y.Height + 1) / 2, Width = (y.Width + 2) / 3 };
        var topValues = rig.Rounded(Numbers.Random(5, top.Length));
        top = rig.Map(top.Images, top.Height, top.Width, top.Channels, topValues);
        var (plain, biased) = (new float[y.Length], new float[y.Length]);
        ConvReference.Forward(operands.Input, operands.Source, operands.Weight, [], w, plain, y);
        ConvReference.Forward(operands.Input, operands.Source, operands.Weight, operands.Bias, w, biased, y);
        void Expect(string name, bool bias, Action<FeatureMap, ConvParameters> run, Action<float[]> finish)
        {
            // The destination starts as the residual, which it may be.
            var destination = rig.Map(y.Images, y.Height, y.Width, y.Channels, residual);
            run(destination, bias ? w : w with { Bias = -1 });
            var expected = bias ? (float[])biased.Clone() : (float[])plain.Clone();
            finish(expected);
            Check.Close(name, expected, rig.Read(destination), Tolerance(rig));
        }

        var separate = rig.Map(y.Images, y.Height, y.Width, y.Channels, residual);
        Expect("Conv without bias", false, (d, p) => rig.Backend.Conv(x, p, d), _ => { });
        Expect("Conv", true, (d, p) => rig.Backend.Conv(x, p, d), _ => { });
        Expect("ConvRelu", true, (d, p) => rig.Backend.ConvRelu(x, p, d), e => ConvReference.Relu(e));
        Expect("ConvAdd", true, (d, p) => rig.Backend.ConvAdd(x, p, separate, d), e => ConvReference.Add(residual, e));
        Expect("ConvAdd in place", false, (d, p) => rig.Backend.ConvAdd(x, p, d, d), e => ConvReference.Add(residual, e));
        Expect("ConvAddRelu in place", true, (d, p) => rig.Backend.ConvAddRelu(x, p, d, d), e =>
        {
            ConvReference.Add(residual, e);
            ConvReference.Relu(e);
        });
        Expect(
            "ConvUpsampleAdd", true, (d, p) => rig.Backend.ConvUpsampleAdd(x, p, top, d),
            e => ConvReference.AddNearest(topValues, top, e, y));
    }

    private static void BackwardData(CudaRig rig, ConvShape s)
    {
        var operands = new Operands(rig, s);
        var (w, x, dy) = (operands.Convolution, operands.InputMap(), operands.GradientMap());
        var accumulate = rig.Rounded(Numbers.Random(6, x.Length));
        foreach (var (name, masked, accumulates, inPlace) in (ReadOnlySpan<(string, bool, bool, bool)>)
            [("ConvBackwardData", false, false, false), ("+ accumulate", false, true, false), ("in place", false, true, true),
             ("masked", true, false, false), ("masked in place", true, true, true)])
        {
            var dx = rig.Map(x.Images, x.Height, x.Width, x.Channels, accumulate);
            var a = !accumulates ? default : inPlace ? dx : rig.Map(x.Images, x.Height, x.Width, x.Channels, accumulate);
            rig.Backend.ConvBackwardData(w, dy, dx, masked ? x : default, a);
            Check.Close(name, operands.ExpectedInputGradient(accumulates ? accumulate : [], masked), rig.Read(dx), Tolerance(rig));
        }
    }

    private static void BackwardWeights(CudaRig rig, ConvShape s)
    {
        var operands = new Operands(rig, s);
        var (w, x, dy) = (operands.Convolution, operands.InputMap(), operands.GradientMap());
        foreach (var (accumulate, bias) in (ReadOnlySpan<(bool, bool)>)[(false, true), (true, true), (false, false)])
        {
            var (weightBefore, biasBefore) = (Numbers.Random(7, w.WeightLength), Numbers.Random(8, w.OutChannels));
            rig.Write(rig.Model.Gradients, w.Weight, weightBefore);
            rig.Write(rig.Model.Gradients, w.Bias, biasBefore);
            rig.Backend.ConvBackwardWeights(x, w, dy, new ConvGradients(w.Weight, bias ? w.Bias : -1, accumulate));
            ExpectGradients(rig, operands, accumulate ? weightBefore : [], accumulate ? biasBefore : [], bias, biasBefore);
        }
    }

    private static void ExpectGradients(
        CudaRig rig, Operands operands, float[] weightBefore, float[] biasBefore, bool bias, float[] untouchedBias)
    {
        var w = operands.Convolution;
        var (dw, db) = operands.ExpectedGradients();
        ConvReference.Add(weightBefore, dw.AsSpan(0, weightBefore.Length));
        ConvReference.Add(biasBefore, db.AsSpan(0, biasBefore.Length));
        Check.Close("dw", dw, rig.Read(rig.Model.Gradients, w.Weight, dw.Length), SumTolerance(rig));
        Check.Close("db", bias ? db : untouchedBias, rig.Read(rig.Model.Gradients, w.Bias, db.Length), 2e-5);
    }

    private static void Backward(CudaRig rig)
    {
        var operands = new Operands(rig, Shapes[6]);
        var (w, x, dy) = (operands.Convolution, operands.InputMap(), operands.GradientMap());
        var dx = rig.Map(x.Images, x.Height, x.Width, x.Channels);
        foreach (var masked in (bool[])[false, true])
        {
            rig.Backend.ConvBackward(x, w, dy, new ConvGradients(w.Weight, w.Bias), dx, masked ? x : default);
            ExpectGradients(rig, operands, [], [], true, []);
            Check.Close("dx", operands.ExpectedInputGradient([], masked), rig.Read(dx), Tolerance(rig));
        }

        // As the planner asks where memory peaks: dx lies over x.
        rig.Backend.ConvBackward(x, w, dy, new ConvGradients(w.Weight, w.Bias), x, x);
        ExpectGradients(rig, operands, [], [], true, []);
        Check.Close("dx over x", operands.ExpectedInputGradient([], true), rig.Read(x), Tolerance(rig));
    }

    /// <summary>A NaN of x reaches every channel of the cells that read it, through ReLU, and no other cell.</summary>
    private static void KeepsNaN(CudaRig rig)
    {
        var operands = new Operands(rig, Shapes[0]);
        var (w, y) = (operands.Convolution, operands.Output);
        operands.Input[(5 * w.InChannels) + 7] = float.NaN;
        var destination = rig.Map(y.Images, y.Height, y.Width, y.Channels);
        rig.Backend.ConvRelu(operands.InputMap(), w, destination);
        var found = rig.Read(destination);
        for (var i = 0; i < found.Length; i++)
        {
            Check.Same($"y [{i}] is NaN", i / y.Channels == 5, float.IsNaN(found[i]));
        }
    }

    private static void Refuses(CudaRig rig)
    {
        var operands = new Operands(rig, Shapes[0]);
        var (w, x, y) = (operands.Convolution, operands.InputMap(), operands.Output);
        Action[] wrong =
        [
            () => rig.Backend.Conv(x, w, y with { Height = y.Height + 1 }),
            () => rig.Backend.ConvAdd(x, w, y with { Channels = 1 }, y),
            () => rig.Backend.ConvUpsampleAdd(x, w, y with { Channels = 1 }, y),
            () => rig.Backend.ConvBackwardData(w, y, x, accumulate: y),
            () => rig.Backend.ConvBackwardData(w, y, x, mask: y),
            () => rig.Backend.ConvBackwardWeights(y, w, y, new ConvGradients(0, -1)),
        ];
        foreach (var (run, i) in wrong.Select((run, i) => (run, i)))
        {
            var refused = false;
            try
            {
                run();
            }
            catch (ArgumentException)
            {
                refused = true;
            }

            Check.Same($"call {i} refused", true, refused);
        }
    }

    /// <summary>Of results stored as values.</summary>
    private static double Tolerance(CudaRig rig) => rig.Epsilon + SumTolerance(rig);

    /// <summary>Of sums kept in float32: products of rounded values are exact but in TensorFloat32, which rounds them once more.</summary>
    private static double SumTolerance(CudaRig rig) => rig.Precision == Precision.TensorFloat32 ? 2e-3 : 2e-5;

    private sealed record ConvShape(
        int Images, int Height, int Width, int InChannels, int OutChannels, int Kernel, int Stride, int Padding, int Groups)
    {
        public override string ToString() =>
            $"{Images}×{Height}×{Width}×{InChannels}→{OutChannels} {Kernel}×{Kernel} stride {Stride} padding {Padding} groups {Groups}";
    }

    /// <summary>Random operands of a convolution, as the device and as the reference see them.</summary>
    private sealed class Operands
    {
        private readonly CudaRig rig;
        private float[]? inputGradient;
        private (float[] Weight, float[] Bias)? gradients;

        public Operands(CudaRig rig, ConvShape s, int shift = 0)
        {
            this.rig = rig;
            var length = s.OutChannels * s.Kernel * s.Kernel * (s.InChannels / s.Groups);
            var weight = rig.Parameter([.. new float[shift], .. Numbers.Random(1, length)]) + shift;
            Bias = Numbers.Random(2, s.OutChannels);
            Convolution = new ConvParameters(
                ParameterStorage.Parameters, weight, rig.Parameter(Bias),
                s.InChannels, s.OutChannels, s.Kernel, s.Stride, s.Padding, s.Groups, ConvAlgorithm.IndirectGemm);
            Source = rig.Map(s.Images, s.Height, s.Width, s.InChannels);
            var height = ((s.Height + (2 * s.Padding) - s.Kernel) / s.Stride) + 1;
            var width = ((s.Width + (2 * s.Padding) - s.Kernel) / s.Stride) + 1;
            Output = rig.Map(s.Images, height, width, s.OutChannels);
            Weight = rig.Rounded(Numbers.Random(1, length));
            Input = rig.Rounded(Numbers.Random(3, Source.Length));
            Gradient = rig.Rounded(Numbers.Random(9, Output.Length));
        }

        public ConvParameters Convolution { get; }

        /// <summary>x.</summary>
        public FeatureMap Source { get; }

        /// <summary>y, or dy.</summary>
        public FeatureMap Output { get; }

        public float[] Weight { get; }

        public float[] Bias { get; }

        public float[] Input { get; }

        public float[] Gradient { get; }

        /// <summary>x with its values.</summary>
        public FeatureMap InputMap()
        {
            rig.Write(Source, Input);
            return Source;
        }

        /// <summary>dy with its values.</summary>
        public FeatureMap GradientMap()
        {
            rig.Write(Output, Gradient);
            return Output;
        }

        public float[] ExpectedInputGradient(float[] accumulate, bool masked)
        {
            if (inputGradient is null)
            {
                inputGradient = new float[Source.Length];
                ConvReference.BackwardData(Weight, Convolution, Gradient, Output, inputGradient, Source);
            }

            var dx = (float[])inputGradient.Clone();
            ConvReference.Add(accumulate, dx.AsSpan(0, accumulate.Length));
            if (masked)
            {
                ConvReference.Mask(Input, dx);
            }

            return dx;
        }

        public (float[] Weight, float[] Bias) ExpectedGradients()
        {
            if (gradients is null)
            {
                var (dw, db) = (new float[Convolution.WeightLength], new float[Convolution.OutChannels]);
                ConvReference.BackwardWeights(Input, Source, Convolution, Gradient, Output, dw, db);
                gradients = (dw, db);
            }

            return ((float[])gradients.Value.Weight.Clone(), (float[])gradients.Value.Bias.Clone());
        }
    }
}
