using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Fovea.Generator.Lowering;
using Fovea.Generator.Passes;
using Fovea.Generator.Planning;
using Fovea.Generator.Tests.Gradients;
using Fovea.Generator.Tests.Lowering;
using Fovea.Generator.Tests.Planning;
using Fovea.Generator.Tests.Support;
using Fovea.Generator.Validation;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Tests.Parts;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

/// <summary>
/// A new activation and a new head come in through a row of the table of heads, with attributes, rules and sizes of their own; no emitter,
/// planner or verifier knows of them. What is generated compiles where a runtime has their members, and their gradients are right.
/// </summary>
public sealed class NewPartsTests
{
    private const int Images = 2;
    private const int Height = 32;
    private const int Width = 64;

    private static readonly ObjectnessModule Module = new();

    /// <summary>Fovea's heads and the toy.</summary>
    private static readonly HeadTable Heads = new([.. HeadTable.Default.Heads, Module]);

    private static readonly NetworkParts Parts = Module.Network;

    public static TheoryData<string> Models => [.. Cases.Keys];

    private static Dictionary<string, ModelSpec> Cases { get; } = new()
    {
        ["bottleneck, batch statistics"] = Toy(Specs.Toy()),
        ["bottleneck, running statistics, to P7"] = Toy(Specs.Toy(statistics: NormStatisticsKind.Running, maxLevel: 7)),
        ["basic, group norms"] = Toy(Specs.Toy(BlockKind.Basic, NormKind.GroupNorm)),
        ["basic, frozen norms and stem"] = Toy(Specs.Toy(BlockKind.Basic, NormKind.FrozenBatchNorm, frozenStages: 1)),
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

    [Fact]
    public void What_is_declared_compiles_as_it_is_generated_and_makes_a_detector()
    {
        var outcome = Run("Cells(Margin = 0.25, Width = 12)").AssertClean().AssertNarrow();

        Assert.Equal(8, outcome.Files.Count);
        var text = string.Concat(outcome.Files.Values);
        Assert.Contains("Objectness on a custom ResNet", text, StringComparison.Ordinal);
        Assert.Contains("backend.SiluBackward(", text, StringComparison.Ordinal);
        Assert.Contains("backend.MarginLoss(", text, StringComparison.Ordinal);
        Assert.Contains("backend.BestCells(", text, StringComparison.Ordinal);
        Assert.Contains("ObjectnessRule Margin = new(Margin: 0.25f);", text, StringComparison.Ordinal);
        using var detector = (Detector)outcome.Load().GetType("Blood.Program")!.GetMethod("Make")!.Invoke(null, null)!;
        Assert.Equal([12, 8, 3, 3], detector.Description.Tensors.Single(tensor => tensor.Key == "head.hidden.weight").Shape);
        Assert.Empty(detector.Description.Anchors);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_variant_of_the_network_compiles(string model)
    {
        var spec = Cases[model];
        var source = "public enum Thing { A, B } public partial class Detector;";
        var files = ModelCompiler.Compile(spec, Parts).Select(file => file.Text);
        var compilation = GeneratorHarness.Compile([ObjectnessRuntime.Source, source, .. files]);

        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error));
    }

    /// <summary>Of its own rules, of those about every detector, and of those about sizes, which it has said.</summary>
    [Theory]
    [InlineData("TOY001 Margin = 7", "Cells(Margin = 7)")]
    [InlineData("TOY002 Width = 0", "Cells(Width = 0)")]
    [InlineData("TOY101 Margin = 1", "Cells(Margin = 1)")]
    [InlineData("FOV085 Width = 1 << 20", "Cells(Width = 1 << 20), Pyramid(Channels = 4096)")]
    [InlineData("FOV032 Channels = 0", "Cells, Pyramid(Channels = 0)")]
    public void A_wrong_argument_is_one_problem_on_the_argument(string expected, string attributes) =>
        Assert.Equal([expected], Run(attributes).Report);

    /// <summary>Of what every declaring attribute has, backbone and classes, and of what the C# compiler reports itself.</summary>
    [Theory]
    [InlineData("FOV021 Backbone.Custom", "[Objectness<BloodCell>(Backbone.Custom)]")]
    [InlineData("FOV020 (Backbone)49", "[Objectness<BloodCell>((Backbone)49)]")]
    [InlineData("FOV110 BloodCell", "[Objectness<BloodCell>(Backbone.ResNet18)]", "[System.Flags] public enum")]
    [InlineData("CS0103 Missing", "[Objectness<BloodCell>(Backbone.ResNet18), Cells(Margin = 7, Width = Missing)]")]
    [InlineData("CS0103 Missing", "[Objectness<BloodCell>(Missing), Cells(Margin = 7)]")]
    public void A_wrong_declaration_is_one_problem(string expected, string attributes, string classes = "public enum") =>
        Assert.Equal([expected], Outcome(Declaration.Of(attributes).Replace("public enum", classes)).Report);

    [Fact]
    public void Its_attributes_do_nothing_on_another_class() =>
        Assert.Equal(["FOV100 Fovea.Cells(Margin = 7)"], Outcome("[Fovea.Cells(Margin = 7)] public class Other;").Report);

    [Theory]
    [MemberData(nameof(Models))]
    public void Its_size_is_that_of_what_is_built(string model)
    {
        var spec = Cases[model];
        var (training, inference) = (GraphBuilder.Training(spec, Parts), GraphBuilder.Inference(spec, Parts));

        Assert.Equal(
            new ParameterLayout(training, inference).Length,
            (long)ModelSize.Parts(spec, Module).Aggregate(default(System.Numerics.BigInteger), (sum, part) => sum + part.Elements));
    }

    [Fact]
    public void A_detector_of_another_head_beside_it_is_generated_as_if_it_were_alone()
    {
        const string Other = "[Fovea.RetinaNet<Spot>(Fovea.Backbone.ResNet18)] public partial class Sibling; public enum Spot { A, B }";
        var alone = GeneratorHarness.Run(Other).AssertClean().Files;
        var both = Outcome(Declared("Cells"), Other).AssertClean().Files;

        Assert.Equal(16, both.Count);
        Assert.All(alone, file => Assert.Equal(file.Value, both[file.Key]));
    }

    [Fact]
    public void The_first_of_two_declaring_attributes_is_the_one()
    {
        var files = Outcome(Declared("Cells, RetinaNet<BloodCell>")).AssertClean().Files;

        Assert.Equal(8, files.Count);
        Assert.Contains(files.Values, text => text.Contains("backend.MarginLoss(", StringComparison.Ordinal));
    }

    /// <summary>What the stages behind the parser know of a head they ask it for.</summary>
    [Theory]
    [InlineData("Passes")]
    [InlineData("Planning")]
    [InlineData("Emission")]
    public void No_pass_planner_or_emitter_names_a_head_or_what_one_makes(string stage)
    {
        var sources = Repository.SourcesOf("Generator/Fovea.Generator/" + stage);

        Assert.NotEmpty(sources);
        Assert.All(sources, file => Assert.DoesNotMatch("RetinaNet(?!Generator)|Logits|Deltas|Candidates|Matches|Objectness", File.ReadAllText(file)));
    }

    private static ModelSpec Toy(ModelSpec spec) => spec with { Head = new ObjectnessSpec(0.5, Width: 6) };

    private static GeneratorOutcome Run(string attributes) => Outcome(Declared(attributes));

    private static GeneratorOutcome Outcome(params string[] sources) =>
        GeneratorHarness.Run(GeneratorHarness.Compile([ObjectnessRuntime.Source, .. sources]), Heads);

    /// <summary>A narrow network with the toy head and more attributes.</summary>
    private static string Declared(string attributes) => Declaration.Of(
        "[Objectness<BloodCell>(Backbone.Custom)]", "[Backbone(StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]",
        attributes.Contains("Pyramid", StringComparison.Ordinal) ? "" : "[Pyramid(Channels = 8)]", $"[{attributes}]");
}
