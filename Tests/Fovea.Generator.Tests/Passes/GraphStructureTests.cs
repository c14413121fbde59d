using System.Diagnostics;
using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Fovea.Generator.Lowering;
using Fovea.Generator.Passes;
using Fovea.Generator.Tests.Lowering;

namespace Fovea.Generator.Tests.Passes;

// Inside, so that the compiler's own names win over those of Definitions.
using Fovea.Generator.Graph.Ops;
using Fovea.Generator.Spec;

public sealed class GraphStructureTests
{
    [Theory]
    [InlineData(18)]
    [InlineData(50)]
    [InlineData(152)]
    public void Every_trainable_parameter_gets_one_gradient_and_a_frozen_one_none(int depth)
    {
        var spec = Specs.ResNet(depth, 4, NormKind.BatchNorm);
        var graph = GraphBuilder.Training(spec with { Backbone = spec.Backbone with { FrozenStages = 2 } });
        var first = graph.Backward.Where(n => !n.Op.AddsToParameterGradients).SelectMany(n => n.Op.ParameterGradients(n)).ToList();

        Assert.Equal(first.Count, first.Distinct().Count());
        Assert.Equal(graph.Parameters.Where(p => !p.Frozen).Select(p => p.Key).Order(), first.Select(p => p.Key).Order());
    }

    [Theory]
    [InlineData(1, "stem")]
    [InlineData(2, "stem layer1")]
    [InlineData(3, "stem layer1 layer2")]
    [InlineData(5, "stem layer1 layer2 layer3 layer4")]
    public void Frozen_stages_have_no_backward_at_all(int frozen, string stages)
    {
        foreach (var norm in new[] { NormKind.FrozenBatchNorm, NormKind.BatchNorm, NormKind.GroupNorm })
        {
            var graph = GraphBuilder.Training(Specs.Toy(norm: norm, frozenStages: frozen));
            var all = graph.Forward.Select(n => n.Block.Stage).Distinct();

            Assert.Equal(all.Except(stages.Split(' ')), graph.Backward.Select(n => n.Block.Stage).Reverse().Distinct());
            Assert.DoesNotContain(graph.Backward.SelectMany(n => n.Outputs), v => stages.Split(' ').Contains(v.Of!.Block.Stage));
        }
    }

    [Fact]
    public void Each_head_is_one_block_over_the_whole_pyramid_forward_and_backward()
    {
        var graph = GraphBuilder.Training(Specs.ResNet(18, 4));

        Assert.Equal(["classification", "regression"], graph.Forward.Select(n => n.Block.Name).Distinct().TakeLast(2));
        Assert.All(graph.Forward.Where(n => n.Block.Stage == "heads"), n => Assert.Equal((3, 5), (n.Output.Shape.Halvings, n.Output.Shape.Levels)));
        Assert.All(graph.Backward, n => Assert.False(n.Op.AddsToParameterGradients));
        Assert.Equal(
            [
                "ConvBackward(b.Hidden4, p.Deltas, g.Deltas, d.Deltas, g.Hidden4, mask: b.Hidden4)",
                "ConvBackward(b.Input, p.Conv1, g.Hidden1, d.Conv1, g.Input)",
            ],
            Calls(graph.Backward, "regression").Where((_, i) => i is 0 or 4));
        Assert.Equal("ConvBackward(b.Input, p.Conv1, g.Hidden1, d.Conv1, g.Input, accumulate: g.Input)", Calls(graph.Backward, "classification").Last());
    }

    [Fact]
    public void Levels_are_views_of_the_pyramid_and_of_its_gradient_to_which_P6_adds_in_place()
    {
        var graph = GraphBuilder.Training(Specs.ResNet(18, 4));
        var join = graph.Forward.Single(n => n.Op is JoinLevels);

        Assert.Equal(["P3", "P4", "P5", "P6", "P7"], join.Inputs.Select(v => v.Taps[0].Name));
        Assert.Equal(Enumerable.Range(0, 5).Select(i => new View(join.Output, i)), join.Inputs.Select(v => v.View));
        var dp5 = graph.Backward.Single(n => n.Outputs.Count > 0 && n.Output.Name == "d(fpn.P5.output).2");
        Assert.Equal("P6", dp5.Block.Name);
        Assert.Equal("level", dp5.Output.Continues!.Producer!.Op.Name);
        Assert.Equal(2, dp5.Output.View!.Level);
        Assert.Equal("d(pyramid.levels).2", dp5.Output.View.Whole.Name);
    }

    [Fact]
    public void A_bottleneck_reads_as_in_the_design()
    {
        var graph = GraphBuilder.Training(Specs.ResNet(50, 4));

        Assert.Equal(
            [
                "ConvRelu(b.Input, p.Conv1, b.Reduced)",
                "ConvRelu(b.Reduced, p.Conv2, b.Spatial)",
                "ConvAddRelu(b.Spatial, p.Conv3, b.Input, b.Output)",
            ],
            Calls(graph.Forward));
        Assert.Equal(
            [
                "ConvBackward(b.Spatial, p.Conv3, g.Output, d.Conv3, g.Spatial, mask: b.Spatial)",
                "ConvBackward(b.Reduced, p.Conv2, g.Spatial, d.Conv2, g.Reduced, mask: b.Reduced)",
                "ConvBackward(b.Input, p.Conv1, g.Reduced, d.Conv1, g.Input, accumulate: g.Output, mask: b.Input)",
                "FoldBatchNormBackward(p.Conv3, p.Norm3, d.Conv3, NormGradients.None)",
                "FoldBatchNormBackward(p.Conv2, p.Norm2, d.Conv2, NormGradients.None)",
                "FoldBatchNormBackward(p.Conv1, p.Norm1, d.Conv1, NormGradients.None)",
            ],
            Calls(graph.Backward));
    }

    [Fact]
    public void Layers_are_observable_by_name_in_the_order_of_execution()
    {
        var graph = GraphBuilder.Inference(Specs.Toy());
        var taps = graph.Forward.SelectMany(n => n.Outputs)
            .Where(v => v.IsTapped)
            .Select(v => string.Join(v.Shape.IsRange ? " " : "=", v.Taps.Select(tap => tap.Name)));

        Assert.Equal(
            "stem layer1.0=C2 layer2.0=C3 layer3.0=C4 layer4.0=C5 P5 P4 P3 P6 cls_logits.P3 cls_logits.P4 cls_logits.P5 cls_logits.P6 "
            + "bbox_regression.P3 bbox_regression.P4 bbox_regression.P5 bbox_regression.P6",
            string.Join(" ", taps));
    }

    [Fact]
    public void A_tapped_value_is_not_fused_away()
    {
        var graph = NetworkLowering.Lower(Specs.Toy(), HeadTable.Default.Heads[0].Network);
        graph.Forward.SelectMany(n => n.Outputs).Single(v => v.Name == "layer2.0.reducedNorm").Taps.Add(new("mine"));
        PassPipeline.Run(graph, PassPipeline.Training(Specs.Toy()));

        Assert.Contains(graph.Forward, n => n.Op is Relu && n.Inputs[0].Taps.Contains(new("mine")));
        Assert.Contains(
            graph.Backward,
            n => n.Op is NormBackward { HasMask: false } && n.NormWeights.Key.EndsWith("layer2.0.bn1", StringComparison.Ordinal));
    }

    [Fact]
    public void Stages_that_no_level_needs_do_not_exist()
    {
        var graph = GraphBuilder.Training(Specs.Toy(minLevel: 2, maxLevel: 4));

        Assert.DoesNotContain(graph.Blocks, b => b.Stage == "layer4");
        Assert.All(graph.Head.Outputs, v => Assert.Equal([2, 3, 4], v.Shape.LevelHalvings));
    }

    [Fact]
    public void A_new_op_with_a_rule_changes_backward_and_nothing_else_has_to_know()
    {
        var graph = NetworkLowering.Lower(Specs.Toy(), HeadTable.Default.Heads[0].Network);
        var output = graph.Forward.Single(n => n.Output.Taps.Contains(new("P3")));
        var block = output.Block;
        var scale = new Node(new Scale(), block);
        scale.Inputs.Add(output.Inputs[0]);
        scale.Outputs.Add(new("fpn.P3.scaled", ValueKind.Activation, output.Inputs[0].Shape, block, "Scaled") { Producer = scale });
        output.Inputs[0] = scale.Output;
        graph.Forward.Insert(graph.Forward.IndexOf(output), scale);
        PassPipeline.Run(graph, PassPipeline.Training(Specs.Toy()));

        Assert.Equal(
            [
                "ConvBackward(b.Scaled, p.Layer, g.Output, d.Layer, g.Scaled)",
                "ScaleBackward(g.Scaled, g.Merged)",
                "UpsampleBackward(g.Merged, g.Above)",
                "ConvBackward(b.Input, p.Inner, g.Merged, d.Inner, g.Input)",
            ],
            Calls(graph.Backward, "fpn.P3"));
    }

    [Fact]
    public void Both_graphs_of_ResNet152_are_made_in_well_under_100_ms_when_warm()
    {
        var spec = Specs.ResNet(152, 80, NormKind.BatchNorm);
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            var clock = Stopwatch.StartNew();
            GraphBuilder.Inference(spec);
            GraphBuilder.Training(spec);
            best = clock.Elapsed < best ? clock.Elapsed : best;
        }

        Assert.True(best.TotalMilliseconds < 60, $"expected < 60 ms, the best of 10 took {best.TotalMilliseconds:F1} ms");
    }

    /// <summary>The calls of a block, as the emitter will write them.</summary>
    private static IEnumerable<string> Calls(List<Node> nodes, string block = "layer1.1") =>
        nodes.Where(n => n.Block.Name == block)
            .Select(n => $"{n.Op.Method(n)}({string.Join(", ", n.Op.Arguments(n).Select(o => Render(o, n.Block)))})");

    private static string Render(Operand operand, Block block) => operand switch
    {
        Operand.Handle h =>
            (h.Label is null ? "" : h.Label + ": ") + (h.Value.Kind.IsGradient ? "g." : "b.") + block.RoleOf(h.Value),
        Operand.Weights w => "p." + w.Parameter.Role,
        Operand.WeightGradient d => "d." + d.Parameter.Role,
        Operand.Constant c => c.Expression,
        _ => throw new InvalidOperationException($"{operand}: unknown operand."),
    };

    /// <summary>y = 3·x; dx = 3·dy.</summary>
    private sealed class Scale(bool backward = false) : Op
    {
        public override string Name => backward ? "scale_backward" : "scale";

        public override string Method(Node node) => backward ? "ScaleBackward" : "Scale";

        public override IEnumerable<Operand> Arguments(Node node) => [new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Output)];

        public override Shape InferShape(Node node) => node.Inputs[0].Shape;

        public override IEnumerable<Contribution> Gradient(Node node, Value dy) =>
            [Contribution.To(node.Inputs[0], new Scale(backward: true), [dy])];
    }
}
