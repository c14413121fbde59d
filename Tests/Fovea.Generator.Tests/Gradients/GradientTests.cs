using Fovea.Generator.Graph;
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
        var lowered = NetworkLowering.Lower(spec);
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

        var toInput = graph.Backward.SelectMany(node => node.Outputs).LastOrDefault(v => v.Of == graph.Sources[0]);
        Assert.Equal(spec.InputGradient, toInput is not null);
        if (toInput is not null)
        {
            state.Tensors["input"] = input.Data;
            double At() => Loss(reference.Run(input with { Data = state.Tensors["input"] }), forms);
            Compare(model, "input", state, backend.Values[toInput].Data, At);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Fusing_and_folding_leave_the_outputs_as_they_are(string model)
    {
        var (spec, state, input, _) = Prepare(model);
        var lowered = NetworkLowering.Lower(spec);
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
        var graph = NetworkLowering.Lower(spec);
        var state = new State(graph, seed: 7);
        Map Random(Shape shape)
        {
            var map = Map.Like(shape, Images, Height, Width);
            return map with { Data = state.Random(map.Data.Length, 1, 0) };
        }

        var outputs = graph.Levels.Select(l => l.Logits).Concat(graph.Levels.Select(l => l.Deltas));
        return (spec, state, Random(graph.Sources[0].Shape), [.. outputs.Select(v => Random(v.Shape))]);
    }

    private static ScalarBackend Run(ModelGraph graph, State state, Map input)
    {
        var backend = new ScalarBackend(state, Images, Height, Width);
        backend.Values[graph.Sources[0]] = input;
        backend.Run(graph.Fold);
        backend.Run(graph.Forward.Where(node => node.Outputs is [{ Kind: ValueKind.Activation }, ..]));
        return backend;
    }

    private static void Seed(ModelGraph graph, ScalarBackend backend, List<Map> forms)
    {
        List<Value> outputs = [.. graph.Levels.Select(l => l.Logits), .. graph.Levels.Select(l => l.Deltas)];
        foreach (var gradient in graph.Loss.SelectMany(n => n.Outputs).Where(v => v.Kind == ValueKind.Gradient))
        {
            var form = forms[outputs.IndexOf(gradient.Of!)];
            backend.Values[gradient] = form with { Data = [.. form.Data] };
        }
    }

    private static List<Map> Outputs(ModelGraph graph, ScalarBackend backend) =>
        [.. graph.Levels.Select(l => backend.Values[l.Logits]), .. graph.Levels.Select(l => backend.Values[l.Deltas])];

    private static double Loss(List<Map> outputs, List<Map> forms) =>
        outputs.Zip(forms, (map, form) => map.Data.Zip(form.Data, (a, b) => a * b).Sum()).Sum();

    /// <summary>
    /// The derivative along one random direction of length 1, by a central difference small enough that no ReLU on the way changes its
    /// mind.
    /// </summary>
    private static void Compare(string model, string tensor, State state, double[] gradient, Func<double> loss)
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
        var tolerance = 1e-5 * (1 + Math.Sqrt(gradient.Sum(g => g * g)));
        Assert.True(
            Math.Abs(expected - actual) <= tolerance,
            $"{model}: {tensor} along a direction: expected {expected} actual {actual} tolerance {tolerance}");
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
