using Fovea.Generator.Graph;
using Fovea.Generator.Passes;
using Fovea.Generator.Tests.Lowering;

namespace Fovea.Generator.Tests.Passes;

// Inside, so that the compiler's own names win over those of Definitions.
using Fovea.Generator.Graph.Ops;

/// <summary>Each rule of the verifier, broken once.</summary>
public sealed class GraphVerifierTests
{
    private readonly ModelGraph graph = GraphBuilder.Training(Specs.Toy());

    [Fact]
    public void A_sound_graph_passes() => GraphVerifier.Verify(graph, "test");

    [Fact]
    public void A_value_read_before_it_is_made_is_found()
    {
        var block = graph.Forward.FindIndex(n => n.Block.Name == "layer2.0");
        (graph.Forward[block], graph.Forward[block + 1]) = (graph.Forward[block + 1], graph.Forward[block]);
        Fails("reads layer2.0.reducedConv before it is made");
    }

    [Fact]
    public void A_value_made_twice_is_found()
    {
        graph.Forward[1].Outputs[0] = graph.Forward[0].Outputs[0];
        Fails("which is made already");
    }

    [Fact]
    public void A_wrong_shape_is_found()
    {
        var relu = new Node(new Relu(), graph.Forward[0].Block);
        relu.Inputs.Add(graph.Forward[0].Output);
        relu.Outputs.Add(new("wrong", ValueKind.Activation, new(1, 5), relu.Block, "Wrong") { Producer = relu });
        graph.Forward.Insert(1, relu);
        Fails("makes wrong [N, H/2, W/2, 5], expected [N, H/2, W/2, 4]");
    }

    [Fact]
    public void A_value_of_another_block_that_is_not_imported_is_found()
    {
        var block = graph.Blocks.Single(b => b.Name == "layer3.0");
        block.Imports.Clear();
        Fails("reads layer2.0.output of block layer2.0, which layer3.0 does not import");
    }

    [Fact]
    public void A_block_in_two_pieces_is_found()
    {
        // Folding has no order of its own: the stem's amid layer1.0's offends against nothing else.
        var folds = GraphBuilder.Training(Specs.Toy(norm: Spec.NormKind.FrozenBatchNorm));
        var fold = folds.Fold[0];
        folds.Fold.RemoveAt(0);
        folds.Fold.Insert(2, fold);
        var error = Assert.Throws<InvalidOperationException>(() => GraphVerifier.Verify(folds, "test"));
        Assert.Contains("belongs to block layer1.0, whose other nodes lie elsewhere", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_overwriting_of_a_parameters_gradient_is_found()
    {
        var first = graph.Backward.First(n => n.Op is ConvBackward { WritesWeights: true });
        var second = new Node(new ConvBackward(((ConvBackward)first.Op).Use, ConvGradientParts.Weights), first.Block);
        second.Inputs.AddRange(first.Inputs.Take(2));
        second.Parameters.AddRange(first.Parameters);
        graph.Backward.Insert(graph.Backward.IndexOf(first) + 1, second);
        Fails("overwrites the gradient of head.regression_head.bbox_reg");
    }

    [Fact]
    public void A_trainable_parameter_without_gradient_is_found()
    {
        graph.Backward.RemoveAt(graph.Backward.Count - 1);
        Fails("backbone.body.conv1 is trainable but gets no gradient");
    }

    [Fact]
    public void The_gradient_of_a_frozen_parameter_is_found()
    {
        graph.Parameters[0].Frozen = true;
        Fails("writes the gradient of backbone.body.conv1, which is frozen");
    }

    [Fact]
    public void A_mask_on_what_comes_out_of_no_relu_is_found()
    {
        var node = graph.Backward.First(n => n.Op is ConvBackward { WritesData: true } && n.Output.Of!.Name == "fpn.P4.merged");
        node.Become(node.Op.WithMask(node, node.Output.Of!)!);
        Fails("which does not come out of a ReLU");
    }

    [Fact]
    public void A_read_after_the_slot_was_taken_over_is_found()
    {
        var node = graph.Backward.First(n => n.Outputs.Count > 0 && n.Output.Continues is not null);
        var late = graph.Backward.FindIndex(graph.Backward.IndexOf(node) + 1, n => n.Block.Knows(node.Output.Continues!));
        graph.Backward[late].Inputs.Add(node.Output.Continues!);
        Fails("whose slot a later version has taken over");
    }

    [Fact]
    public void A_level_that_does_not_lie_in_its_pyramid_is_found()
    {
        var join = graph.Forward.Single(n => n.Op is JoinLevels);
        join.Inputs[0].View = new(join.Output, 1);
        Fails("where it does not lie");
    }

    [Fact]
    public void A_whole_gradient_read_after_a_level_was_added_to_is_found()
    {
        var added = graph.Backward.First(n => n.Outputs.Count > 0 && n.Output.Continues?.View is not null);
        var late = graph.Backward[graph.Backward.IndexOf(added) + 1];
        late.Block.Imports[added.Output.View!.Whole] = "Late";
        late.Inputs.Add(added.Output.View!.Whole);
        Fails("whose slot a later version has taken over");
    }

    private void Fails(string message)
    {
        var error = Assert.Throws<InvalidOperationException>(() => GraphVerifier.Verify(graph, "test"));
        Assert.StartsWith("After \"test\": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
