using Fovea.Generator.Graph;
using Fovea.Generator.Lowering;
using Fovea.Generator.Passes;
using Fovea.Generator.Planning;
using Fovea.Generator.Tests.Gradients;
using Fovea.Generator.Tests.Lowering;
using Fovea.Generator.Tests.Planning;
using Fovea.Generator.Tests.Support;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Tests.Parts;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

/// <summary>
/// A new activation and a new head come in through the tables of this folder; no emitter, planner or verifier knows of them. What is
/// generated compiles where a runtime has their members, and their gradients are right.
/// </summary>
public sealed class NewPartsTests
{
    private const int Images = 2;
    private const int Height = 32;
    private const int Width = 64;

    /// <summary>What a runtime would have for them.</summary>
    private const string Runtime =
        """
        namespace Fovea.CompilerServices
        {
            public readonly record struct ScoreMap(long Offset, int Levels);
        }

        namespace Fovea.CompilerServices
        {
            using Fovea.Detection;
            using Fovea.CompilerServices;

            public readonly record struct Objectness(float Margin);

            public static class NewMembers
            {
                public static void Silu<T>(this ref T backend, PyramidMap x, PyramidMap y) where T : struct, IBackend { }
                public static void SiluBackward<T>(this ref T backend, PyramidMap x, PyramidMap dy, PyramidMap dx)
                    where T : struct, IBackend { }
                public static void MarginLoss<T>(this ref T backend, PyramidMap x, in Objectness rule, ScoreMap loss, PyramidMap dx)
                    where T : struct, IBackend { }
                public static void BestCells<T>(this ref T backend, PyramidMap x, in Objectness rule, ScoreMap best)
                    where T : struct, IBackend { }
            }
        }
        """;

    private static readonly NetworkParts Parts = new(_ => new ObjectnessHead(), () => new Silu());

    public static TheoryData<string> Models => [.. Cases.Keys];

    private static Dictionary<string, ModelSpec> Cases { get; } = new()
    {
        ["bottleneck, batch statistics"] = Specs.Toy(),
        ["bottleneck, running statistics, to P7"] = Specs.Toy(statistics: NormStatisticsKind.Running, maxLevel: 7),
        ["basic, group norms"] = Specs.Toy(BlockKind.Basic, NormKind.GroupNorm),
        ["basic, frozen norms and stem"] = Specs.Toy(BlockKind.Basic, NormKind.FrozenBatchNorm, frozenStages: 1),
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Their_gradients_agree_with_finite_differences_of_the_unfused_network(string model)
    {
        var spec = Cases[model];
        var lowered = NetworkLowering.Lower(spec, Parts);
        var state = new State(lowered, seed: 5);
        Map Random(Shape shape)
        {
            var map = Map.Like(shape, Images, Height, Width);
            return map with { Data = state.Random(map.Data.Length, 1, 0) };
        }

        var input = Random(lowered.Input.Shape);
        var levels = lowered.Head.Outputs.SelectMany(v => Enumerable.Range(0, v.Shape.Levels).Select(v.Shape.Level));
        List<Map> forms = [.. levels.Select(Random)];
        var reference = new PrimitiveInterpreter(lowered, state, spec.Backbone.Statistics == NormStatisticsKind.Batch)
        {
            Extensions = { ["silu"] = x => x.Select(Silu.Value) },
        };
        reference.Run(input);

        var graph = GraphBuilder.Training(spec, Parts);
        var backend = new ScalarBackend(state, Images, Height, Width)
        {
            Values = { [graph.Input] = [input], [graph.Loss.Single().Outputs[1]] = [.. forms] },
            Extensions =
            {
                ["Silu"] = x => x[0].Select(Silu.Value),
                ["SiluBackward"] = x => x[0].Zip(x[1], (v, dy) => dy * Silu.Slope(v)),
            },
        };
        backend.Run(graph.Fold.Concat(graph.Forward));
        backend.Run(graph.Backward);

        Assert.NotEmpty(backend.Gradients);
        foreach (var (tensor, gradient) in backend.Gradients)
        {
            var expected = GradientTests.Derivative(tensor, state, gradient, () => GradientTests.Loss(reference.RunAgain(tensor), forms));
            expected.AssertClose(model);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_planner_places_them_soundly(string model)
    {
        foreach (var graph in new[] { GraphBuilder.Inference(Cases[model], Parts), GraphBuilder.Training(Cases[model], Parts) })
        {
            var plan = MemoryPlanner.Plan(graph);
            PlanSimulation.AssertSound(graph, plan);
            PlanSimulation.AssertFits(plan, 320, 224);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_generated_network_compiles_where_a_runtime_has_their_members(string model)
    {
        var spec = Cases[model];
        var files = ModelCompiler.Compile(spec, Parts)
            .Where(file => !file.Path.EndsWith("Detector.g.cs", StringComparison.Ordinal))
            .Where(file => !file.Path.Contains("Description", StringComparison.Ordinal))
            .ToList();
        var texts = files.Select(file => WithOwnMembers(file.Text));
        var compilation = GeneratorHarness.Compile([Runtime, .. texts]);

        // Without the description, the program leaves a member open.
        var errors = compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error && d.Id is not "CS0534").ToList();

        Assert.True(errors.Count == 0, string.Join("\n", errors.Take(10)));
        Assert.Contains(files, file => file.Text.Contains("backend.SiluBackward(", StringComparison.Ordinal));
        Assert.Contains(files, file => file.Text.Contains("backend.MarginLoss(", StringComparison.Ordinal));
    }

    /// <summary>The plan's base classes have no member for this head's results: a runtime with the head would.</summary>
    private static string WithOwnMembers(string text) => With(With(text, "Inference", "BestCells"), "Training", "MarginLoss");

    private static string With(string text, string plan, string result)
    {
        var begin = $"internal sealed class {plan} : {plan}Plan\n    {{\n";
        return text.Replace(begin, $"{begin}        public PyramidMap Objectness; public ScoreMap {result};\n", StringComparison.Ordinal);
    }
}
