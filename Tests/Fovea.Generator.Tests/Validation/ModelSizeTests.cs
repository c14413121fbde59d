using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Fovea.Generator.Passes;
using Fovea.Generator.Planning;
using Fovea.Generator.Tests.Support;
using Fovea.Generator.Validation;

namespace Fovea.Generator.Tests.Validation;

// Inside the namespace, so that the spec's enums win over the attributes' of the same names.
using Fovea.Generator.Spec;

/// <summary>The rules' arithmetic is that of the network that is built.</summary>
public class ModelSizeTests
{
    public static TheoryData<string> Declarations =>
    [
        .. Enum.GetNames<Fovea.Backbone>().Where(name => name != "Custom").Select(name => $"[RetinaNet<BloodCell>(Backbone.{name})]"),
        .. Enum.GetNames<Preset>().Select(name => $"[RetinaNet<BloodCell>(Preset.{name})]"),
        "[RetinaNet<BloodCell>, Pyramid(MinLevel = 2, MaxLevel = 3)]",
        "[RetinaNet<BloodCell>, Pyramid(MinLevel = 5, MaxLevel = 6, P6From = P6Source.C5, Channels = 40)]",
        "[RetinaNet<BloodCell>, Head(Depth = 1, Width = 24, Norm = HeadNorm.GroupNorm, Groups = 3), Anchors(Ratios = [1])]",
        "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [1, 2, 3, 1], BaseWidth = 12, Groups = 3, WidthPerGroup = 40)]",
        "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [2, 1, 1, 2], Block = ResidualBlock.Basic, BaseWidth = 20)]",
    ];

    [Theory]
    [MemberData(nameof(Declarations))]
    public void ThePartsOfAModel_AreWhatIsBuilt(string attributes)
    {
        var spec = Declaration.Parse(Declaration.Of(attributes));
        var (training, inference) = (GraphBuilder.Training(spec), GraphBuilder.Inference(spec));
        var parts = ModelSize.Parts(spec, HeadTable.Default.Of(spec)).ToList();

        Assert.Equal(
            new ParameterLayout(training, inference).Length,
            (long)parts.Aggregate(default(System.Numerics.BigInteger), (sum, part) => sum + part.Elements));
        foreach (var (height, width) in new[] { (800, 800), (32, 4096) })
        {
            var built = training.Forward.SelectMany(node => node.Outputs).Where(value => value.Kind.IsSlotted)
                .Max(value => value.Shape.Length(height, width));
            var counted = parts.SelectMany(part => part.Maps)
                .Max(map => (long)map.Length(height, width));
            Assert.Equal(built, counted);
        }
    }

    /// <summary>The largest model that the rules let through, and one channel more.</summary>
    [Fact]
    public void TheLimits_AreThoseOf32Bits()
    {
        var spec = Declaration.Parse(Declaration.With());
        var largest = Enumerable.Range(1, 4096).Last(width => IsFine(width));

        Assert.InRange(largest, 1000, 4095);
        Assert.NotEmpty(GraphBuilder.Training(With(largest)).Parameters);
        Assert.Equal(["FOV085"], SpecValidator.Validate(With(largest + 1)).Select(problem => problem.Rule.Id));

        bool IsFine(int width) => SpecValidator.Validate(With(width)).IsEmpty;

        ModelSpec With(int width) => spec.WithHead(head => head with { Towers = head.Towers with { Width = width, Depth = 16 } });
    }
}
