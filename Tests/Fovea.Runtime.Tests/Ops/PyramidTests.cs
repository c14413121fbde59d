using System.Runtime.InteropServices;
using Fovea.Cpu;
using Fovea.Ops.Conv;
using Fovea.CompilerServices;

namespace Fovea.Tests.Ops;

/// <summary>
/// One call over all levels of a pyramid gives to the bit what a call for each level gives, gradients of shared parameters from the coarsest
/// level to the finest, whatever the number of workers; and it touches nothing between the levels.
/// </summary>
public sealed class PyramidTests
{
    private const int Images = 2;

    private static readonly Dictionary<string, Action<Operands, PyramidRun>> Operators = new()
    {
        ["Conv, dense"] = Forward(new(3, 24, 20), (o, c, x, a, y) => o.Rig.Backend.Conv(x, c, y)),
        ["ConvRelu, Winograd"] = Forward(new(3, 32, 32), (o, c, x, a, y) => o.Rig.Backend.ConvRelu(x, c, y)),
        ["ConvAdd, grouped"] = Forward(new(3, 24, 24, Groups: 4), (o, c, x, a, y) => o.Rig.Backend.ConvAdd(x, c, a, y)),
        ["ConvAddRelu, 1x1"] = Forward(new(1, 24, 20), (o, c, x, a, y) => o.Rig.Backend.ConvAddRelu(x, c, a, y)),
        ["ConvAddRelu, stride 2"] = Forward(new(3, 8, 8, Stride: 2), (o, c, x, a, y) => o.Rig.Backend.ConvAddRelu(x, c, a, y)),
        ["ConvBackward, dense"] = Backward(new(3, 24, 20)),
        ["ConvBackward, Winograd"] = Backward(new(3, 32, 32)),
        ["ConvBackward, grouped"] = Backward(new(3, 24, 24, Groups: 4)),
        ["ConvBackward, 1x1"] = Backward(new(1, 24, 20)),
        ["ConvBackward, stride 2"] = Backward(new(3, 8, 8, Stride: 2)),
        ["GroupNorm"] = (o, run) => run.All((x, y, l) => o.Rig.Backend.GroupNorm(x(o.X), o.Norm, l(o.Statistics), y(o.Y))),
        ["GroupNormRelu"] = (o, run) => run.All((x, y, l) => o.Rig.Backend.GroupNormRelu(x(o.X), o.Norm, l(o.Statistics), y(o.Y))),
        ["GroupNormAddRelu"] = (o, run) =>
            run.All((x, y, l) => o.Rig.Backend.GroupNormAddRelu(x(o.X), o.Norm, l(o.Statistics), x(o.Add), y(o.Y))),
        ["GroupNormBackward"] = (o, run) => NormBackward(
            o, run, (d, x, y, l) => o.Rig.Backend.GroupNormBackward(x(o.X), o.Norm, l(o.Statistics), x(o.Add), d, y(o.Dx))),
        ["GroupNormReluBackward"] = (o, run) => NormBackward(
            o, run, (d, x, y, l) => o.Rig.Backend.GroupNormReluBackward(x(o.X), o.Norm, l(o.Statistics), y(o.Y), x(o.Add), d, y(o.Dx))),
        ["Relu"] = (o, run) => run.All((x, y, l) => o.Rig.Backend.Relu(x(o.X), y(o.Y))),
        ["ReluBackward"] = (o, run) => run.All((x, y, l) => o.Rig.Backend.ReluBackward(x(o.X), x(o.Add), y(o.Y))),
        ["ReluBackward + accumulate"] = (o, run) => run.All((x, y, l) => o.Rig.Backend.ReluBackward(x(o.X), x(o.Add), y(o.Y), x(o.Extra))),
        ["Add"] = (o, run) => run.All((x, y, l) => o.Rig.Backend.Add(x(o.X), x(o.Add), y(o.Y))),
    };

    private delegate PyramidMap Of(PyramidMap map);

    private delegate NormStatisticsMap StatisticsOf(NormStatisticsMap map);

    /// <summary>A call on operands as they are, or on one level of each.</summary>
    private delegate void Call(Of read, Of written, StatisticsOf statistics);

    private delegate void GradientCall<TGradients>(TGradients d, Of read, Of written, StatisticsOf statistics);

    private delegate void ForwardCall(Operands o, ConvParameters c, PyramidMap x, PyramidMap add, PyramidMap y);

    public static TheoryData<string> Names => [.. Operators.Keys];

    [Theory, MemberData(nameof(Names))]
    public void One_call_is_a_call_for_each_level(string name)
    {
        foreach (var (levels, height, width) in (ReadOnlySpan<(int, int, int)>)[(5, 41, 53), (3, 9, 6), (4, 1, 13)])
        {
            var expected = Run(name, 1, levels, height, width, together: false);
            foreach (var workers in (int[])[1, 2, 3])
            {
                var what = $"{name}, {levels} levels of {height}×{width}, {workers} workers";
                Numbers.SameBits(what, expected, Run(name, workers, levels, height, width, together: true));
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_warm_call_allocates_nothing(string name)
    {
        using var rig = Rig(1);
        var operands = new Operands(rig, 4, 19, 22);
        var run = new PyramidRun(4, together: true);
        var calls = new List<Action>();
        run.Collect(calls);
        Operators[name](operands, run);
        Allocations.AssertNone(name, () =>
        {
            foreach (var call in CollectionsMarshal.AsSpan(calls))
            {
                call();
            }
        });
    }

    [Fact]
    public void The_large_levels_of_the_Winograd_case_take_that_form_and_the_small_ones_do_not()
    {
        var x = new PyramidMap(0, Images, 41, 53, 32, 5);
        var w = new ConvParameters(ParameterStorage.Parameters, 0, -1, 32, 32, 3, 1, 1, 1, ConvAlgorithm.Winograd4);
        Assert.True(WinogradTiles.Applies(w, x[0], CpuKernelTable.Best.TileRows));
        Assert.False(WinogradTiles.Applies(w, x[4], CpuKernelTable.Best.TileRows));
    }

    [Fact]
    public void Levels_halve_upwards_and_begin_at_cache_lines()
    {
        var map = new PyramidMap(32, 2, 5, 7, 3, 3);
        Assert.Equal(new FeatureMap(32, 2, 5, 7, 3), map[0]);
        Assert.Equal(new FeatureMap(32 + (2 * 112), 2, 3, 4, 3), map[1]);
        Assert.Equal(new FeatureMap(32 + (2 * 112) + (2 * 48), 2, 2, 2, 3), map[2]);
        Assert.Equal((2 * 112) + (2 * 48) + 24, map.Extent);
        Assert.Throws<ArgumentOutOfRangeException>(() => map[3]);
    }

    [Fact]
    public void A_map_is_a_pyramid_of_one_level_and_no_map_is_none()
    {
        var map = new FeatureMap(16, 1, 4, 4, 8);
        PyramidMap one = map;
        PyramidMap none = default(FeatureMap);
        Assert.Equal((1, map), (one.Levels, one[0]));
        Assert.Equal(map.ToString(), one.ToString());
        Assert.True(none.IsEmpty);
        Assert.Equal(default, none);
    }

    [Fact]
    public void Pyramids_that_do_not_fit_together_are_refused()
    {
        using var rig = Rig(1);
        var o = new Operands(rig, 3, 9, 6);
        var w = o.Convolution(new(1, Operands.Channels, Operands.Channels));
        Assert.Throws<ArgumentException>(() => rig.Backend.Conv(o.X, w, o.Y with { Levels = 2 }));
        Assert.Throws<ArgumentException>(() => rig.Backend.ConvAdd(o.X, w, o.X with { Levels = 2 }, o.Y));
        Assert.Throws<ArgumentException>(() => rig.Backend.ConvBackwardWeights(o.X, w, o.Y[0], new ConvGradients(w.Weight, -1)));
        Assert.Throws<ArgumentException>(() => rig.Backend.ConvBackwardData(w, o.Y, o.X, mask: o.X[0]));
    }

    private static CpuRig Rig(int workers) => new(workers, 1 << 22, 1 << 15, 0, 16, 0);

    private static float[] Run(string name, int workers, int levels, int height, int width, bool together)
    {
        using var rig = Rig(workers);
        Operators[name](new Operands(rig, levels, height, width), new PyramidRun(levels, together));
        rig.CheckGaps(name);
        return [.. rig.Context.Arena.Span, .. rig.Model.Gradients.Span];
    }

    private static Action<Operands, PyramidRun> Forward(Convolution shape, ForwardCall call) => (o, run) =>
    {
        var w = o.Convolution(shape);
        var (x, y) = o.Maps(shape);
        var add = o.Filled(5, y);
        run.All((read, written, _) => call(o, w, read(x), read(add), written(y)));
    };

    /// <summary>Overwriting and adding, with and without mask and sum.</summary>
    private static Action<Operands, PyramidRun> Backward(Convolution shape) => (o, run) =>
    {
        var w = o.Convolution(shape);
        var (x, y) = o.Maps(shape);
        var (dy, add) = (o.Filled(6, y), o.Filled(7, x));
        var (dx, masked, added, all) = (o.Like(x), o.Like(x), o.Like(x), o.Like(x));
        var d = new ConvGradients(w.Weight, w.Bias);
        run.Gradients<ConvGradients>(
            d, d.Accumulating, (g, of, to, _) => o.Rig.Backend.ConvBackward(of(x), w, of(dy), g, to(dx), of(x), of(add)));
        run.Gradients<ConvGradients>(
            d.Accumulating, d.Accumulating, (g, of, _, _) => o.Rig.Backend.ConvBackwardWeights(of(x), w, of(dy), g with { Bias = -1 }));
        run.All((of, to, _) => o.Rig.Backend.ConvBackwardData(w, of(dy), to(masked), mask: of(x)));
        run.All((of, to, _) => o.Rig.Backend.ConvBackwardData(w, of(dy), to(added), accumulate: of(add)));
        run.All((of, to, _) => o.Rig.Backend.ConvBackwardData(w, of(dy), to(all)));
    };

    private static void NormBackward(Operands o, PyramidRun run, GradientCall<NormGradients> backward)
    {
        var d = new NormGradients(o.Norm.Scale, o.Norm.Shift);
        run.All((x, y, l) => o.Rig.Backend.GroupNormRelu(x(o.X), o.Norm, l(o.Statistics), y(o.Y)));
        run.Gradients(d, d.Accumulating, backward);
        run.Gradients(d.Accumulating, d.Accumulating, backward);
    }

    private readonly record struct Convolution(int Kernel, int In, int Out, int Stride = 1, int Groups = 1);

    /// <summary>Calls as they are, or for each level from the coarsest on.</summary>
    private sealed class PyramidRun(int levels, bool together)
    {
        private List<Action>? collected;

        public void Collect(List<Action> calls) => collected = calls;

        public void All(Call call) => Gradients(0, 0, (_, x, y, s) => call(x, y, s));

        public void Gradients<T>(T first, T next, GradientCall<T> call)
        {
            if (together)
            {
                Of same = m => m;
                StatisticsOf sameStatistics = s => s;
                var run = () => call(first, same, same, sameStatistics);
                collected?.Add(run);
                run();
                return;
            }

            for (var level = levels - 1; level >= 0; level--)
            {
                var l = level;
                call(level == levels - 1 ? first : next, m => m[l], m => m[l], s => s[l]);
            }
        }
    }

    private sealed class Operands
    {
        public const int Channels = 12;
        private readonly (int Levels, int Height, int Width) shape;
        private int seed = 100;

        public Operands(CpuRig rig, int levels, int height, int width)
        {
            Rig = rig;
            shape = (levels, height, width);
            X = Filled(1, Map(height, width, Channels));
            Add = Filled(2, Map(height, width, Channels));
            Extra = Filled(3, Map(height, width, Channels));
            (Y, Dx) = (Like(X), Like(X));
            var (scale, shift) = (rig.Parameter(Numbers.Random(8, Channels)), rig.Parameter(Numbers.Random(9, Channels)));
            Norm = new NormParameters(scale, shift, -1, -1, Channels, 3, 1e-5f, 0.1f);
            Statistics = new NormStatisticsMap(rig.Allocate(2L * Images * 3 * levels), Images * 3, levels);
            rig.Model.Gradients.Span.Fill(0.5f);
        }

        public CpuRig Rig { get; }

        public PyramidMap X { get; }

        public PyramidMap Add { get; }

        public PyramidMap Extra { get; }

        public PyramidMap Y { get; }

        public PyramidMap Dx { get; }

        public NormParameters Norm { get; }

        public NormStatisticsMap Statistics { get; }

        public ConvParameters Convolution(Convolution c)
        {
            var algorithm = c.Groups > 1 ? ConvAlgorithm.Grouped
                : c.Kernel == 1 ? ConvAlgorithm.Gemm
                : c.In == 32 ? ConvAlgorithm.Winograd4
                : ConvAlgorithm.IndirectGemm;
            var weight = Rig.Parameter(Numbers.Random(seed++, (long)c.Out * c.Kernel * c.Kernel * c.In / c.Groups));
            var bias = Rig.Parameter(Numbers.Random(seed++, c.Out));
            return new(ParameterStorage.Parameters, weight, bias, c.In, c.Out, c.Kernel, c.Stride, c.Kernel / 2, c.Groups, algorithm);
        }

        public (PyramidMap X, PyramidMap Y) Maps(Convolution c)
        {
            var x = Map(shape.Height, shape.Width, c.In);
            var y = Map((shape.Height + c.Stride - 1) / c.Stride, (shape.Width + c.Stride - 1) / c.Stride, c.Out);
            return (Filled(4, x), y);
        }

        public PyramidMap Like(PyramidMap map) => Map(map.Height, map.Width, map.Channels);

        /// <summary>A pyramid of that shape with values; what lies between its levels stays NaN.</summary>
        public PyramidMap Filled(int seed, PyramidMap like)
        {
            var map = Like(like);
            for (var level = 0; level < map.Levels; level++)
            {
                Rig.Write(map[level], Numbers.Random(seed + (10 * level), map[level].Length));
            }

            return map;
        }

        private PyramidMap Map(int height, int width, int channels)
        {
            var map = new PyramidMap(0, Images, height, width, channels, shape.Levels);
            return map with { Offset = Rig.Allocate(map.Extent) };
        }
    }
}
