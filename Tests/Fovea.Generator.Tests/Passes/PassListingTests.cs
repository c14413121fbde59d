using Fovea.Generator.Graph;
using Fovea.Generator.Passes;
using Fovea.Generator.Tests.Lowering;

namespace Fovea.Generator.Tests.Passes;

// Inside, so that the compiler's own names win over those of Definitions.
using Fovea.Generator.Graph.Ops;
using Fovea.Generator.Spec;

/// <summary>What each pass does to one block, as text.</summary>
public sealed class PassListingTests
{
    private static readonly ModelSpec Running = Specs.Toy(BlockKind.Basic, statistics: NormStatisticsKind.Running);
    private static readonly ModelSpec Batch = Specs.Toy(BlockKind.Basic);

    [Fact]
    public void Lowering_makes_one_primitive_for_each_of_torchvisions_modules() =>
        AssertListing(
            """
            conv2d  layer2.0.conv1  [N, H/8, W/8, 8]  w[8,3,3,4] s2 p1  layer1.0.output -> layer2.0.spatialConv
            norm  layer2.0.bn1  [N, H/8, W/8, 8]  batch c8  layer2.0.spatialConv -> layer2.0.spatialNorm, layer2.0.norm1Statistics
            relu  layer2.0.spatial  [N, H/8, W/8, 8]  layer2.0.spatialNorm -> layer2.0.spatial
            conv2d  layer2.0.downsample.0  [N, H/8, W/8, 8]  w[8,1,1,4] s2 p0  layer1.0.output -> layer2.0.shortcutConv
            norm  layer2.0.downsample.1  [N, H/8, W/8, 8]  batch c8  layer2.0.shortcutConv -> layer2.0.shortcut, layer2.0.shortcutNormStatistics
            conv2d  layer2.0.conv2  [N, H/8, W/8, 8]  w[8,3,3,8] s1 p1  layer2.0.spatial -> layer2.0.outputConv
            norm  layer2.0.bn2  [N, H/8, W/8, 8]  batch c8  layer2.0.outputConv -> layer2.0.outputNorm, layer2.0.norm2Statistics
            add  layer2.0.sum  [N, H/8, W/8, 8]  layer2.0.outputNorm, layer2.0.shortcut -> layer2.0.sum
            relu  layer2.0.output  [N, H/8, W/8, 8]  layer2.0.sum -> layer2.0.output
            """,
            Running, "lower", g => g.Forward, "layer2.0");

    [Fact]
    public void Folding_turns_norms_on_fixed_statistics_into_weights()
    {
        AssertListing(
            """
            conv2d  layer2.0.conv1  [N, H/8, W/8, 8]  w[8,3,3,4] s2 p1 folded  layer1.0.output -> layer2.0.spatialNorm
            relu  layer2.0.spatial  [N, H/8, W/8, 8]  layer2.0.spatialNorm -> layer2.0.spatial
            conv2d  layer2.0.downsample.0  [N, H/8, W/8, 8]  w[8,1,1,4] s2 p0 folded  layer1.0.output -> layer2.0.shortcut
            conv2d  layer2.0.conv2  [N, H/8, W/8, 8]  w[8,3,3,8] s1 p1 folded  layer2.0.spatial -> layer2.0.outputNorm
            add  layer2.0.sum  [N, H/8, W/8, 8]  layer2.0.outputNorm, layer2.0.shortcut -> layer2.0.sum
            relu  layer2.0.output  [N, H/8, W/8, 8]  layer2.0.sum -> layer2.0.output
            """,
            Running, "fold norms", g => g.Forward, "layer2.0");
        AssertListing(
            """
            fold_norm  layer2.0.conv1  batch c8
            fold_norm  layer2.0.downsample.0  batch c8
            fold_norm  layer2.0.conv2  batch c8
            """,
            Running, "fold norms", g => g.Fold, "layer2.0");
    }

    [Fact]
    public void A_residual_sum_joins_the_last_convolution_and_a_relu_joins_what_is_before_it()
    {
        AssertListing(
            """
            conv2d  layer2.0.conv1  [N, H/8, W/8, 8]  w[8,3,3,4] s2 p1 folded  layer1.0.output -> layer2.0.spatialNorm
            relu  layer2.0.spatial  [N, H/8, W/8, 8]  layer2.0.spatialNorm -> layer2.0.spatial
            conv2d  layer2.0.downsample.0  [N, H/8, W/8, 8]  w[8,1,1,4] s2 p0 folded  layer1.0.output -> layer2.0.shortcut
            conv2d  layer2.0.conv2  [N, H/8, W/8, 8]  w[8,3,3,8] s1 p1 folded +add  layer2.0.spatial, layer2.0.shortcut -> layer2.0.sum
            relu  layer2.0.output  [N, H/8, W/8, 8]  layer2.0.sum -> layer2.0.output
            """,
            Running, "fuse sums", g => g.Forward, "layer2.0");
        AssertListing(
            """
            conv2d  layer2.0.conv1  [N, H/8, W/8, 8]  w[8,3,3,4] s2 p1 folded +relu  layer1.0.output -> layer2.0.spatial
            conv2d  layer2.0.downsample.0  [N, H/8, W/8, 8]  w[8,1,1,4] s2 p0 folded  layer1.0.output -> layer2.0.shortcut
            conv2d  layer2.0.conv2  [N, H/8, W/8, 8]  w[8,3,3,8] s1 p1 folded +add +relu  layer2.0.spatial, layer2.0.shortcut -> layer2.0.output
            """,
            Running, "fuse activations", g => g.Forward, "layer2.0");
    }

    [Fact]
    public void A_norm_on_batch_statistics_stays_and_takes_sum_and_relu() =>
        AssertListing(
            """
            conv2d  layer2.0.conv1  [N, H/8, W/8, 8]  w[8,3,3,4] s2 p1  layer1.0.output -> layer2.0.spatialConv
            norm  layer2.0.bn1  [N, H/8, W/8, 8]  batch c8 +relu  layer2.0.spatialConv -> layer2.0.spatial, layer2.0.norm1Statistics
            conv2d  layer2.0.downsample.0  [N, H/8, W/8, 8]  w[8,1,1,4] s2 p0  layer1.0.output -> layer2.0.shortcutConv
            norm  layer2.0.downsample.1  [N, H/8, W/8, 8]  batch c8  layer2.0.shortcutConv -> layer2.0.shortcut, layer2.0.shortcutNormStatistics
            conv2d  layer2.0.conv2  [N, H/8, W/8, 8]  w[8,3,3,8] s1 p1  layer2.0.spatial -> layer2.0.outputConv
            norm  layer2.0.bn2  [N, H/8, W/8, 8]  batch c8 +add +relu  layer2.0.outputConv, layer2.0.shortcut -> layer2.0.output, layer2.0.norm2Statistics
            """,
            Batch, "fuse activations", g => g.Forward, "layer2.0");

    [Fact]
    public void The_top_down_path_joins_the_lateral_convolution()
    {
        AssertListing(
            """
            conv2d  fpn.inner_blocks.1.0  [N, H/16, W/16, 4]  w[4,1,1,16] s1 p0 bias  layer3.0.output -> fpn.P4.lateral
            upsample  fpn.P4.upsampled  [N, H/16, W/16, 4]  fpn.P5.merged, fpn.P4.lateral -> fpn.P4.upsampled
            add  fpn.P4.merged  [N, H/16, W/16, 4]  fpn.P4.lateral, fpn.P4.upsampled -> fpn.P4.merged
            conv2d  fpn.layer_blocks.1.0  [N, H/16, W/16, 4]  w[4,3,3,4] s1 p1 bias  fpn.P4.merged -> fpn.P4.output
            """,
            Running, "lower", g => g.Forward, "fpn.P4");
        AssertListing(
            """
            conv2d  fpn.inner_blocks.1.0  [N, H/16, W/16, 4]  w[4,1,1,16] s1 p0 bias +upsample  layer3.0.output, fpn.P5.merged -> fpn.P4.merged
            conv2d  fpn.layer_blocks.1.0  [N, H/16, W/16, 4]  w[4,3,3,4] s1 p1 bias  fpn.P4.merged -> fpn.P4.output
            """,
            Running, "fuse top-down paths", g => g.Forward, "fpn.P4");
    }

    [Fact]
    public void Differentiation_turns_a_block_upside_down_and_adds_contributions_up() =>
        AssertListing(
            """
            relu_backward  d(layer2.0.output).4  [N, H/8, W/8, 8]  dx  layer2.0.output, d(layer2.0.output).3 -> d(layer2.0.output).4
            conv2d_backward  layer2.0.conv2  w[8,3,3,8] s1 p1 folded dw  layer2.0.spatial, d(layer2.0.output).4 ->
            conv2d_backward  layer2.0.conv2  [N, H/8, W/8, 8]  w[8,3,3,8] s1 p1 folded dx  d(layer2.0.output).4 -> d(layer2.0.spatial)
            conv2d_backward  layer2.0.downsample.0  w[8,1,1,4] s2 p0 folded dw  layer1.0.output, d(layer2.0.output).4 ->
            conv2d_backward  layer2.0.downsample.0  [N, H/4, W/4, 4]  w[8,1,1,4] s2 p0 folded dx  d(layer2.0.output).4 -> d(layer1.0.output)
            relu_backward  d(layer2.0.spatial).2  [N, H/8, W/8, 8]  dx  layer2.0.spatial, d(layer2.0.spatial) -> d(layer2.0.spatial).2
            conv2d_backward  layer2.0.conv1  w[8,3,3,4] s2 p1 folded dw  layer1.0.output, d(layer2.0.spatial).2 ->
            conv2d_backward  layer2.0.conv1  [N, H/4, W/4, 4]  w[8,3,3,4] s2 p1 folded dx  d(layer2.0.spatial).2 -> d(layer1.0.output).part2
            add  d(layer1.0.output).2  [N, H/4, W/4, 4]  d(layer1.0.output), d(layer1.0.output).part2 -> d(layer1.0.output).2
            fold_norm_backward  layer2.0.conv2  dw dγ
            fold_norm_backward  layer2.0.downsample.0  dw dγ
            fold_norm_backward  layer2.0.conv1  dw dγ
            """,
            Running, "differentiate", g => g.Backward, "layer2.0");

    [Fact]
    public void Gradients_of_one_convolution_join_and_sums_join_what_can_add() =>
        AssertListing(
            """
            relu_backward  d(layer2.0.output).4  [N, H/8, W/8, 8]  dx  layer2.0.output, d(layer2.0.output).3 -> d(layer2.0.output).4
            conv2d_backward  layer2.0.conv2  [N, H/8, W/8, 8]  w[8,3,3,8] s1 p1 folded dw dx  layer2.0.spatial, d(layer2.0.output).4 -> d(layer2.0.spatial)
            conv2d_backward  layer2.0.downsample.0  [N, H/4, W/4, 4]  w[8,1,1,4] s2 p0 folded dw dx  layer1.0.output, d(layer2.0.output).4 -> d(layer1.0.output)
            relu_backward  d(layer2.0.spatial).2  [N, H/8, W/8, 8]  dx  layer2.0.spatial, d(layer2.0.spatial) -> d(layer2.0.spatial).2
            conv2d_backward  layer2.0.conv1  [N, H/4, W/4, 4]  w[8,3,3,4] s2 p1 folded dw +=dx  layer1.0.output, d(layer2.0.spatial).2, d(layer1.0.output) -> d(layer1.0.output).2
            fold_norm_backward  layer2.0.conv2  dw dγ
            fold_norm_backward  layer2.0.downsample.0  dw dγ
            fold_norm_backward  layer2.0.conv1  dw dγ
            """,
            Running, "fuse accumulations", g => g.Backward, "layer2.0");

    [Fact]
    public void A_relus_mask_joins_the_convolution_that_completes_the_gradient() =>
        AssertListing(
            """
            conv2d_backward  layer2.0.conv2  [N, H/8, W/8, 8]  w[8,3,3,8] s1 p1 folded dw dx +relu_mask  layer2.0.spatial, d(layer2.0.output).3, layer2.0.spatial -> d(layer2.0.spatial)
            conv2d_backward  layer2.0.downsample.0  [N, H/4, W/4, 4]  w[8,1,1,4] s2 p0 folded dw dx  layer1.0.output, d(layer2.0.output).3 -> d(layer1.0.output)
            conv2d_backward  layer2.0.conv1  [N, H/4, W/4, 4]  w[8,3,3,4] s2 p1 folded dw +=dx +relu_mask  layer1.0.output, d(layer2.0.spatial), layer1.0.output, d(layer1.0.output) -> d(layer1.0.output).2
            fold_norm_backward  layer2.0.conv2  dw dγ
            fold_norm_backward  layer2.0.downsample.0  dw dγ
            fold_norm_backward  layer2.0.conv1  dw dγ
            """,
            Running, "fuse relu masks", g => g.Backward, "layer2.0");

    [Fact]
    public void Where_no_convolution_completes_the_gradient_the_mask_joins_the_norm_that_reads_it() =>
        AssertListing(
            """
            max_pool_backward  d(stem.activated)  [N, H/2, W/2, 4]  dx  stem.activated, stem.output, d(stem.output).2 -> d(stem.activated)
            norm_backward  bn1  [N, H/2, W/2, 4]  batch c4 dw dx +relu_mask  stem.convolved, stem.norm1Statistics, stem.activated, d(stem.activated) -> d(stem.convolved)
            conv2d_backward  conv1  w[4,7,7,3] s2 p3 dw  input, d(stem.convolved) ->
            """,
            Specs.Toy(), "fuse relu masks", g => g.Backward, "stem");

    [Fact]
    public void Algorithms_are_chosen_by_shape_alone()
    {
        var graph = GraphBuilder.Training(Specs.ResNet(50, 5));
        string Of(string key, ModelGraph? other = null) =>
            (other ?? graph).Forward.Where(n => n.Op is IConvolution && n.Weights.Key.EndsWith(key, StringComparison.Ordinal))
                .Select(n => ((IConvolution)n.Op).Use.Algorithm.ToString()).Single();

        Assert.Equal("IndirectGemm", Of("body.conv1"));
        Assert.Equal("Gemm", Of("layer1.0.conv1"));
        Assert.Equal("IndirectGemm", Of("layer1.0.conv2"));
        Assert.Equal("Winograd4", Of("layer2.1.conv2"));
        Assert.Equal("IndirectGemm", Of("layer2.0.conv2"));
        Assert.Equal("IndirectGemm", Of("layer2.0.downsample.0"));
        Assert.Equal("Grouped", Of("layer1.0.conv2", GraphBuilder.Training(Specs.Toy(groups: 2))));
    }

    private static void AssertListing(string expected, ModelSpec spec, string stage, Func<ModelGraph, List<Node>> list, string block)
    {
        string? actual = null;
        GraphBuilder.Training(spec, observe: (name, graph) =>
        {
            if (name == stage)
            {
                actual = GraphPrinter.Print(list(graph).Where(node => node.Block.Name == block));
            }
        });
        Assert.Equal(expected.ReplaceLineEndings("\n") + "\n", actual);
    }
}
