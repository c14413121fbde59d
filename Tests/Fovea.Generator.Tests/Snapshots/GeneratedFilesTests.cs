using System.Text.RegularExpressions;
using Fovea.Generator.Emission;
using Fovea.Generator.Graph;
using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Passes;
using Fovea.Generator.Tests.Lowering;
using Fovea.Tests.Support;

namespace Fovea.Generator.Tests.Snapshots;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

/// <summary>What generated code looks like: small models whole, a real one by its graph and its plans' summaries.</summary>
public sealed class GeneratedFilesTests
{
    [Fact]
    public void A_toy_of_basic_blocks_on_two_levels() => AssertMatches("Toy", Specs.Toy(BlockKind.Basic, minLevel: 2, maxLevel: 3));

    [Fact]
    public void A_toy_with_folded_norms_in_training_and_a_frozen_stem() => AssertMatches(
        "ToyRunning", Specs.Toy(statistics: NormStatisticsKind.Running, frozenStages: 1, minLevel: 3, maxLevel: 3), "Forward", "Backward");

    [Fact]
    public void A_toy_of_group_norms() => AssertMatches(
        "ToyGroupNorm",
        Specs.Toy(BlockKind.Basic, NormKind.GroupNorm, headNorm: NormKind.GroupNorm, minLevel: 2, maxLevel: 2), "Forward", "Backward");

    [Fact]
    public void A_toy_that_mines_hard_examples() => AssertMatches(
        "ToyHardExamples",
        WithLoss(new ClassificationLossSpec(ClassificationLossKind.HardExamples, -1, 0, 1) { HardExamples = new(128, 0.5, 3) }), "Loss");

    [Fact]
    public void A_toy_with_the_other_focal_loss() => AssertMatches(
        "ToyFocalStar", WithLoss(new ClassificationLossSpec(ClassificationLossKind.FocalStar, -1, 2, 1) { Beta = 1 }), "Loss");

    [Fact]
    public void The_graphs_of_ResNet50_and_the_summaries_of_its_plans()
    {
        var spec = Specs.ResNet(50, 91);
        var model = ModelCompiler.Plan(spec, GraphBuilder.Inference(spec), GraphBuilder.Training(spec));
        new SnapshotFolder("ResNet50").AssertMatches(
        [
            ("Inference.graph", GraphPrinter.Print(model.Inference)),
            ("Training.graph", GraphPrinter.Print(model.Training)),
            ("Plans", $"detection  {model.InferencePlan.Summary(800, 800)}\ntraining   {model.TrainingPlan.Summary(800, 800)}\n"),
        ]);
    }

    /// <summary>Read to the end: twice as long, nobody would.</summary>
    [Fact]
    public void The_network_of_ResNet50_is_under_2200_lines_none_over_140_columns()
    {
        string[] parts = ["Forward", "Backward", "Loss", "Detect", "Parameters", "Plan"];
        var files = ModelCompiler.Compile(Specs.ResNet(50, 91)).Where(file => parts.Contains(file.Path.Split('.')[1])).ToList();

        Assert.Equal(parts.Length, files.Count);
        var lines = files.SelectMany(file => file.Text.TrimEnd('\n').Split('\n')).ToList();
        var each = files.Select(file => $"{file.Path} {file.Text.Count(c => c == '\n')}");
        Assert.True(lines.Count < 2200, $"{lines.Count} lines: {string.Join(", ", each)}");
        Assert.All(lines, line => Assert.True(line.Length <= 140, line));
    }

    private static ModelSpec WithLoss(ClassificationLossSpec loss)
    {
        var spec = Specs.Toy(BlockKind.Basic, minLevel: 2, maxLevel: 3);
        return spec with { Head = RetinaNetSpec.Of(spec) with { ClassificationLoss = loss } };
    }

    private static void AssertMatches(string scenario, ModelSpec spec, params string[] only) => new SnapshotFolder(scenario).AssertMatches(
        ModelCompiler.Compile(spec)
            .Where(file => only.Length == 0 || only.Contains(file.Path.Split('.')[1]))
            .Select(file => (file.Path, WithoutVersion(file.Text)))
            .ToList());

    private static string WithoutVersion(string text) =>
        Regex.Replace(text, "(GeneratedCode\\(\"Fovea.Generator\", \")[0-9.]+", "$1VERSION");
}
