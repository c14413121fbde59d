using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>One call over the levels of a pyramid gives to the bit what calls for each level give, gradients from the coarsest on.</summary>
internal static class PyramidChecks
{
    private const int Images = 2;
    private const int Channels = 8;
    private const int Groups = 2;

    public static IEnumerable<OperatorCheck> All =>
        from levels in (int[])[1, 3, 5]
        from check in (OperatorCheck[])
        [
            new($"ConvAddRelu over {levels} levels", rig => Compare(rig, levels, ConvAddRelu)),
            new($"ConvBackward over {levels} levels", rig => Compare(rig, levels, ConvBackward)),
            new($"ConvBackwardWeights over {levels} levels", rig => Compare(rig, levels, ConvBackwardWeights)),
            new($"GroupNormAddRelu over {levels} levels", rig => Compare(rig, levels, GroupNormAddRelu)),
            new($"GroupNormReluBackward over {levels} levels", rig => Compare(rig, levels, GroupNormReluBackward)),
            new($"Relu, ReluBackward, Add over {levels} levels", rig => Compare(rig, levels, Pointwise)),
            new($"FocalLoss and BoxLoss over {levels} levels", rig => Losses(rig, levels)),
        ]
        select check;

    private static void ConvAddRelu(CudaRig rig, Operands o, Of of, bool first) =>
        rig.Backend.ConvAddRelu(of(o.X), o.Convolution, of(o.Add), of(o.Y));

    private static void ConvBackward(CudaRig rig, Operands o, Of of, bool first) => rig.Backend.ConvBackward(
        of(o.X), o.Convolution, of(o.Add), new ConvGradients(o.Convolution.Weight, o.Convolution.Bias, !first), of(o.Y), of(o.X), of(o.Add));

    private static void ConvBackwardWeights(CudaRig rig, Operands o, Of of, bool first) => rig.Backend.ConvBackwardWeights(
        of(o.X), o.Convolution, of(o.Add), new ConvGradients(o.Convolution.Weight, o.Convolution.Bias, Accumulate: true));

    private static void GroupNormAddRelu(CudaRig rig, Operands o, Of of, bool first) =>
        rig.Backend.GroupNormAddRelu(of(o.X), o.Norm, StatisticsOf(o, of), of(o.Add), of(o.Y));

    private static void GroupNormReluBackward(CudaRig rig, Operands o, Of of, bool first)
    {
        var statistics = StatisticsOf(o, of);
        rig.Backend.GroupNormRelu(of(o.X), o.Norm, statistics, of(o.Y));
        rig.Backend.GroupNormReluBackward(
            of(o.X), o.Norm, statistics, of(o.Y), of(o.Add), new NormGradients(o.Norm.Scale, o.Norm.Shift, !first), of(o.Z));
    }

    private static void Pointwise(CudaRig rig, Operands o, Of of, bool first)
    {
        rig.Backend.Relu(of(o.X), of(o.Y));
        rig.Backend.ReluBackward(of(o.Y), of(o.Add), of(o.Z), of(o.X));
        rig.Backend.Add(of(o.Y), of(o.Z), of(o.Y));
    }

    /// <summary>Of all levels, or of the one that the handles are taken of.</summary>
    private static NormStatisticsMap StatisticsOf(Operands o, Of of)
    {
        for (var level = 0; level < o.X.Levels; level++)
        {
            if (o.X.Levels > 1 && of(o.X) == o.X[level])
            {
                return o.Statistics[level];
            }
        }

        return o.Statistics;
    }

    private static void Compare(CudaRig rig, int levels, Call call)
    {
        var together = new Operands(rig, levels);
        call(rig, together, map => map, true);
        var expected = new Operands(rig, levels);
        for (var level = levels - 1; level >= 0; level--)
        {
            call(rig, expected, map => map[level], level == levels - 1);
        }

        for (var level = 0; level < levels; level++)
        {
            Check.Same<float>($"level {level} of y", rig.Read(expected.Y[level]), rig.Read(together.Y[level]));
            Check.Same<float>($"level {level} of z", rig.Read(expected.Z[level]), rig.Read(together.Z[level]));
        }

        Check.Same<float>("parameters' gradients", Gradients(rig, expected), Gradients(rig, together));
        var count = 2 * expected.Statistics.Count * levels;
        Check.Same<float>(
            "statistics", rig.ReadFloats(expected.Statistics.Offset, count), rig.ReadFloats(together.Statistics.Offset, count));
    }

    /// <summary>Each level's terms and gradients are those of calls for each level.</summary>
    private static void Losses(CudaRig rig, int levels)
    {
        const int PerCell = 2;
        var anchors = new AnchorMap(0, 13, 9, PerCell, levels);
        anchors = anchors with { Offset = rig.Record(Numbers.Random(20, 4L * anchors.Count, 1, 40)) };
        var random = new Random(21);
        int[] found = [.. Enumerable.Range(0, Images * anchors.Count).Select(_ => random.Next(-2, 3))];
        var matches = new MatchMap(rig.Record(found), Images, 13, 9, PerCell, levels);
        var truth = new GroundTruthMap(
            Images, 3, rig.Record(Numbers.Random(22, 4 * 3 * Images, 1, 40)), rig.Record([0, 1, 2, 3, 0, 1]), rig.Record([3, 3]),
            rig.Record([0.5f, 0.25f]), rig.Record(new int[Images]));
        var (focal, box) = (new FocalRule(0.25f, 2, Channels / PerCell), new BoxLossRule(BoxLossKind.L1));
        var (together, apart) = (new Operands(rig, levels), new Operands(rig, levels));
        var (a, b) = (new LossTerm(rig.Record(new float[2 * levels]), levels), new LossTerm(rig.Record(new float[2 * levels]), levels));
        rig.Backend.FocalLoss(together.X, matches, truth, focal, a, together.Y);
        rig.Backend.BoxLoss(together.Add, anchors, matches, truth, box, a with { Offset = a.Offset + levels }, together.Z);
        for (var level = 0; level < levels; level++)
        {
            rig.Backend.FocalLoss(apart.X[level], matches[level], truth, focal, b[level], apart.Y[level]);
            rig.Backend.BoxLoss(apart.Add[level], anchors[level], matches[level], truth, box, b[levels + level], apart.Z[level]);
            Check.Same<float>($"dlogits of level {level}", rig.Read(apart.Y[level]), rig.Read(together.Y[level]));
            Check.Same<float>($"ddeltas of level {level}", rig.Read(apart.Z[level]), rig.Read(together.Z[level]));
        }

        Check.Same<float>("losses", rig.ReadFloats(b.Offset, 2 * levels), rig.ReadFloats(a.Offset, 2 * levels));
    }

    private static float[] Gradients(CudaRig rig, Operands o) =>
    [
        .. rig.Read(rig.Model.Gradients, o.Convolution.Weight, o.Convolution.WeightLength),
        .. rig.Read(rig.Model.Gradients, o.Convolution.Bias, Channels),
        .. rig.Read(rig.Model.Gradients, o.Norm.Scale, Channels), .. rig.Read(rig.Model.Gradients, o.Norm.Shift, Channels),
    ];

    private delegate PyramidMap Of(PyramidMap map);

    private delegate void Call(CudaRig rig, Operands o, Of of, bool first);

    /// <summary>The same values each time, in places of their own.</summary>
    private sealed class Operands
    {
        private readonly CudaRig rig;
        private readonly int levels;

        public Operands(CudaRig rig, int levels)
        {
            (this.rig, this.levels) = (rig, levels);
            (X, Add, Y, Z) = (Map(1), Map(2), Map(3), Map(4));
            var (weight, bias) = (rig.Parameter(Numbers.Random(5, 9 * Channels * Channels)), rig.Parameter(Numbers.Random(6, Channels)));
            Convolution = new(
                ParameterStorage.Parameters, weight, bias, Channels, Channels, 3, 1, 1, 1, ConvAlgorithm.IndirectGemm);
            var (scale, shift) = (rig.Parameter(Numbers.Random(7, Channels)), rig.Parameter(Numbers.Random(8, Channels)));
            Norm = new(scale, shift, -1, -1, Channels, Groups, 1e-5f, 0.1f);
            Statistics = new(rig.Record(new float[2 * Images * Groups * levels]), Images * Groups, levels);
            rig.Write(rig.Model.Gradients, weight, Numbers.Random(9, Convolution.WeightLength));
            rig.Write(rig.Model.Gradients, bias, Numbers.Random(10, Channels));
            rig.Write(rig.Model.Gradients, scale, Numbers.Random(11, Channels));
            rig.Write(rig.Model.Gradients, shift, Numbers.Random(12, Channels));
        }

        public PyramidMap X { get; }

        public PyramidMap Add { get; }

        public PyramidMap Y { get; }

        public PyramidMap Z { get; }

        public ConvParameters Convolution { get; }

        public NormParameters Norm { get; }

        public NormStatisticsMap Statistics { get; }

        private PyramidMap Map(int seed)
        {
            var map = new PyramidMap(0, Images, 13, 9, Channels, levels);
            map = map with { Offset = rig.Map(1, 1, 1, checked((int)map.Extent)).Offset };
            for (var level = 0; level < levels; level++)
            {
                rig.Write(map[level], Numbers.Random((10 * seed) + level, map[level].Length));
            }

            return map;
        }
    }
}
