using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Fovea.Generator.Lowering;
using Fovea.Generator.Passes;

namespace Fovea.Generator.Tests.Lowering;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

public sealed class CostTests
{
    [Theory]
    [InlineData(18, 117.88)]
    [InlineData(34, 141.47)]
    [InlineData(50, 149.19)]
    [InlineData(101, 196.54)]
    [InlineData(152, 243.89)]
    public void A_resnet_with_80_classes_and_P6_from_C5_costs_what_is_published(int depth, double giga) =>
        Assert.Equal(giga, Giga(Specs.ResNet(depth, 80, p6: P6Source.C5)), 0.005);

    [Fact]
    public void ResNet50_with_91_classes_and_P6_from_P5_costs_151_54_G_and_has_34_014_999_parameters()
    {
        var rows = CostTable.For(GraphBuilder.Inference(Specs.ResNet(50, 91)), 800, 800);
        double Stage(Func<string, bool> stage) => rows.Where(r => stage(r.Stage)).Sum(r => r.Macs) / 1e9;

        Assert.Equal(151.54, Stage(_ => true), 0.005);
        Assert.Equal(52.1, Stage(s => s is "stem" || s.StartsWith("layer", StringComparison.Ordinal)), 0.05);
        Assert.Equal(10.2, Stage(s => s is "fpn"), 0.05);
        Assert.Equal(89.2, Stage(s => s is "heads"), 0.05);
        Assert.Equal(34_014_999, rows.Sum(r => r.Parameters));
        Assert.Equal(["stem", "layer1", "layer2", "layer3", "layer4", "fpn", "heads"], rows.Select(r => r.Stage));
    }

    /// <summary>
    /// torchvision's resnet18 has 11 176 512 parameters without its classifier, 9 600 of them its norms', which are frozen here; a third block
    /// of layer4 has two convolutions of 512 × 512 × 3 × 3.
    /// </summary>
    [Fact]
    public void The_backbone_of_MicrosoftML_is_ResNet18_and_a_third_block_in_its_last_stage()
    {
        var spec = Specs.ResNet(18, 91);
        var rows = CostTable.For(GraphBuilder.Inference(spec with { Backbone = spec.Backbone with { StageBlocks = new([2, 2, 2, 3]) } }), 800, 800);
        var backbone = rows.Where(r => r.Stage is "stem" || r.Stage.StartsWith("layer", StringComparison.Ordinal));
        Assert.Equal(11_176_512 - 9_600 + (2 * 512 * 512 * 9), backbone.Sum(r => r.Parameters));
    }

    [Fact]
    public void The_second_version_has_38_198_935_parameters() =>
        Assert.Equal(38_198_935, CostTable.For(GraphBuilder.Training(Specs.V2(91)), 800, 800).Sum(r => r.Parameters));

    [Fact]
    public void ResNeXt50_with_264_classes_costs_201_2_G()
    {
        var spec = Specs.ResNet(50, 264);
        Assert.Equal(201.2, Giga(spec with { Backbone = spec.Backbone with { Groups = 32, WidthPerGroup = 4 } }), 0.05);
    }

    [Fact]
    public void Fusing_and_folding_change_no_cost()
    {
        var spec = Specs.V2(91);
        var unfused = CostTable.For(NetworkLowering.Lower(spec, HeadTable.Default.Heads[0].Network), 640, 480);
        Assert.Equal(unfused, CostTable.For(GraphBuilder.Inference(spec), 640, 480));
        Assert.Equal(unfused, CostTable.For(GraphBuilder.Training(spec), 640, 480));
    }

    private static double Giga(ModelSpec spec) => CostTable.For(GraphBuilder.Inference(spec), 800, 800).Sum(r => r.Macs) / 1e9;
}
