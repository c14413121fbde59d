using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Fovea.Generator.Lowering;
using Fovea.Generator.Passes;
using Fovea.Generator.Tests.Lowering;

namespace Fovea.Generator.Tests.Gradients;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

/// <summary>
/// The independent proof of fusion, folding and the gradient table: toy models, executed call by call in double precision, against the
/// unfused network and against finite differences of it. The loss is a fixed random linear form of all logits and deltas.
/// </summary>
public sealed class GradientTests
{
    private const int Images = 2;
    private const int Height = 32;
    private const int Width = 96;

    public static TheoryData<string> Models => [.. Cases.Keys];

    private static Dictionary<string, ModelSpec> Cases { get; } = new()
    {
        ["bottleneck, batch statistics"] = Specs.Toy(),
        ["bottleneck, running statistics"] = Specs.Toy(statistics: NormStatisticsKind.Running),
        ["bottleneck, frozen norms"] = Specs.Toy(norm: NormKind.FrozenBatchNorm),
        ["bottleneck, group norms everywhere"] = Specs.Toy(norm: NormKind.GroupNorm, headNorm: NormKind.GroupNorm),
        ["bottleneck in groups"] = Specs.Toy(groups: 2),
        ["basic, batch statistics, P6 from C5, to P7"] = Specs.Toy(BlockKind.Basic, p6: P6Source.C5, maxLevel: 7),
        ["basic, running statistics, to P7"] = Specs.Toy(BlockKind.Basic, statistics: NormStatisticsKind.Running, maxLevel: 7),
        ["basic, frozen norms, P2 to P5"] = Specs.Toy(BlockKind.Basic, NormKind.FrozenBatchNorm, minLevel: 2, maxLevel: 5),
        ["basic, group norms, P3 to P4"] = Specs.Toy(BlockKind.Basic, NormKind.GroupNorm, maxLevel: 4),
        ["bottleneck, frozen stages, normed heads"] = Specs.Toy(frozenStages: 2, headNorm: NormKind.GroupNorm),
        ["bottleneck, frozen stages and norms, P6 from C5"] =
            Specs.Toy(norm: NormKind.FrozenBatchNorm, frozenStages: 3, p6: P6Source.C5, maxLevel: 7),
        ["to the pixels through frozen stages, batch statistics"] = Specs.Toy(frozenStages: 5) with { InputGradient = true },
        ["to the pixels through frozen norms"] =
            Specs.Toy(BlockKind.Basic, NormKind.FrozenBatchNorm, frozenStages: 2) with { InputGradient = true },
        ["two blocks in each stage"] = TwoBlocks(Specs.Toy(statistics: NormStatisticsKind.Running)),
        ["two basic blocks in each stage"] = TwoBlocks(Specs.Toy(BlockKind.Basic)),
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Backward_agrees_with_finite_differences_of_the_unfused_network(string model)
    {
        var (spec, state, input, forms) = Prepare(model);
        var lowered = NetworkLowering.Lower(spec, HeadTable.Default.Heads[0].Network);
        var reference = new PrimitiveInterpreter(lowered, state, spec.Backbone.Statistics == NormStatisticsKind.Batch);
        reference.Run(input);
        var graph = GraphBuilder.Training(spec);
        var backend = Run(graph, state, input);
        Seed(graph, backend, forms);
        backend.Run(graph.Backward);

        var trained = lowered.Parameters.Where(p => !p.Frozen).SelectMany(Tensors).ToList();
        Assert.Equal(trained.Order(), backend.Gradients.Keys.Order());
        foreach (var tensor in trained)
        {
            Compare(model, tensor, state, backend.Gradients[tensor], () => Loss(reference.RunAgain(tensor), forms));
        }

        var toInput = graph.Backward.SelectMany(node => node.Outputs).LastOrDefault(v => v.Of == graph.Input);
        Assert.Equal(spec.InputGradient, toInput is not null);
        if (toInput is not null)
        {
            state.Tensors["input"] = input.Data;
            double At() => Loss(reference.Run(input with { Data = state.Tensors["input"] }), forms);
            Compare(model, "input", state, backend.Values[toInput][0].Data, At);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Fusing_and_folding_leave_the_outputs_as_they_are(string model)
    {
        var (spec, state, input, _) = Prepare(model);
        var lowered = NetworkLowering.Lower(spec, HeadTable.Default.Heads[0].Network);
        var batchStatistics = spec.Backbone.Statistics == NormStatisticsKind.Batch;
        Same(model, new PrimitiveInterpreter(lowered, state, batchStatistics).Run(input), GraphBuilder.Training(spec));
        Same(model, new PrimitiveInterpreter(lowered, state, batchStatistics: false).Run(input), GraphBuilder.Inference(spec));

        void Same(string model, List<Map> expected, ModelGraph graph)
        {
            var actual = Outputs(graph, Run(graph, state, input));
            for (var i = 0; i < expected.Count; i++)
            {
                for (var j = 0; j < expected[i].Data.Length; j++)
                {
                    var (e, a) = (expected[i].Data[j], actual[i].Data[j]);
                    Assert.True(Math.Abs(e - a) <= 1e-9, $"{model}: output {i}[{j}] expected {e} actual {a} tolerance 1e-9");
                }
            }
        }
    }

    private static (ModelSpec Spec, State State, Map Input, List<Map> Forms) Prepare(string model)
    {
        var spec = Cases[model];
        var graph = NetworkLowering.Lower(spec, HeadTable.Default.Heads[0].Network);
        var state = new State(graph, seed: 7);
        Map Random(Shape shape)
        {
            var map = Map.Like(shape, Images, Height, Width);
            return map with { Data = state.Random(map.Data.Length, 1, 0) };
        }

        var levels = graph.Head.Outputs.SelectMany(v => Enumerable.Range(0, v.Shape.Levels).Select(v.Shape.Level));
        return (spec, state, Random(graph.Input.Shape), [.. levels.Select(Random)]);
    }

    private static ScalarBackend Run(ModelGraph graph, State state, Map input)
    {
        var backend = new ScalarBackend(state, Images, Height, Width);
        backend.Values[graph.Input] = [input];
        backend.Run(graph.Fold);
        backend.Run(graph.Forward.Where(node => node.Outputs is [{ Kind.IsSlotted: true }, ..]));
        return backend;
    }

    private static void Seed(ModelGraph graph, ScalarBackend backend, List<Map> forms)
    {
        var rest = new Queue<Map>(forms);
        foreach (var output in graph.Head.Outputs)
        {
            var gradient = graph.Loss.SelectMany(n => n.Outputs).Single(v => v.Of == output);
            var levels = output.Shape.LevelHalvings.Select(_ => rest.Dequeue());
            backend.Values[gradient] = [.. levels.Select(form => form with { Data = [.. form.Data] })];
        }
    }

    private static List<Map> Outputs(ModelGraph graph, ScalarBackend backend) =>
        [.. graph.Head.Outputs.SelectMany(output => backend.Values[output])];

    internal static double Loss(List<Map> outputs, List<Map> forms) =>
        outputs.Zip(forms, (map, form) => map.Data.Zip(form.Data, (a, b) => a * b).Sum()).Sum();

    private static void Compare(string model, string tensor, State state, double[] gradient, Func<double> loss) =>
        Derivative(tensor, state, gradient, loss).AssertClose(model);

    /// <summary>
    /// The derivative along one random direction of length 1, by a central difference small enough that no ReLU on the way changes its
    /// mind.
    /// </summary>
    internal static Difference Derivative(string tensor, State state, double[] gradient, Func<double> loss)
    {
        const double step = 1e-7;
        var values = state.Tensors[tensor];
        Assert.Equal(values.Length, gradient.Length);
        var direction = state.Random(values.Length, 1, 0);
        var length = Math.Sqrt(direction.Sum(d => d * d));
        double At(double distance)
        {
            state.Tensors[tensor] = [.. values.Zip(direction, (v, d) => v + (distance * d / length))];
            return loss();
        }

        var expected = (At(step) - At(-step)) / (2 * step);
        state.Tensors[tensor] = values;
        loss();
        var actual = gradient.Zip(direction, (g, d) => g * d / length).Sum();
        return new(tensor, expected, actual, 1e-5 * (1 + Math.Sqrt(gradient.Sum(g => g * g))));
    }

    /// <summary>A derivative by differences, and by backward.</summary>
    internal sealed record Difference(string Tensor, double Expected, double Actual, double Tolerance)
    {
        public void AssertClose(string model) => Assert.True(
            Math.Abs(Expected - Actual) <= Tolerance,
            $"{model}: {Tensor} along a direction: expected {Expected} actual {Actual} tolerance {Tolerance}");
    }

    private static IEnumerable<string> Tensors(Parameter parameter)
    {
        yield return parameter.Key + ".weight";
        if (parameter is NormWeights or ConvWeights { HasBias: true })
        {
            yield return parameter.Key + ".bias";
        }
    }

    private static ModelSpec TwoBlocks(ModelSpec spec) =>
        spec with { Backbone = spec.Backbone with { StageBlocks = new[] { 2, 2, 2, 2 }.ToEquatableArray() } };
}
