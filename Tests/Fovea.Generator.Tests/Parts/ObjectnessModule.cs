using Fovea.Generator.Declarations;
using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Tests.Parts;

// Inside, so that the compiler's own types win over those of Definitions.
using Fovea.Generator.Spec;

/// <summary>A head that the compiler has never seen, from its own attributes to its network: a row of a table of heads.</summary>
internal sealed class ObjectnessModule : IHeadModule
{
#pragma warning disable RS2008 // the toy is never released, so no release of it is tracked
    public static readonly DiagnosticDescriptor MarginIsOutOfRange = Declarations.Rules.New(
        "TOY001", "The margin is out of range", "Margin is {0}: use a number above 0 and at most 1 (default 0.5)");

    public static readonly DiagnosticDescriptor WidthIsOutOfRange = Declarations.Rules.New(
        "TOY002", "The width is out of range", "Width is {0}: use 1 to {1}");

    public static readonly DiagnosticDescriptor FullMargin = Declarations.Rules.Warn(
        "TOY101", "Nothing is beyond a full margin", "Margin is 1, which no cell reaches: use a smaller one");
#pragma warning restore RS2008

    /// <summary>Large enough for its products to leave 32 bits.</summary>
    private const int MaxWidth = 1 << 20;

    private static readonly ArgumentName OnMargin = new(ObjectnessNames.Cells, ObjectnessNames.Margin);

    private static readonly ArgumentName OnWidth = new(ObjectnessNames.Cells, ObjectnessNames.Width);

    public string Declaration => ObjectnessNames.Declaration;

    public IReadOnlyList<string> Attributes => [ObjectnessNames.Cells];

    public IReadOnlyList<DiagnosticDescriptor> Diagnostics => [MarginIsOutOfRange, WidthIsOutOfRange, FullMargin];

    public IReadOnlyList<SpecRule> Rules => [MarginIsInRange, WidthIsInRange];

    public IReadOnlyList<SpecRule> Advice => [spec => Problems.Unless(ObjectnessSpec.Of(spec).Margin < 1, FullMargin, OnMargin)];

    public NetworkParts Network { get; } = new(spec => new ObjectnessHead(spec), () => new Silu());

    /// <summary>As wide as the pyramid unless it says otherwise.</summary>
    public HeadSpec Parse(DeclaredAttributes attributes, string preset, PyramidSpec pyramid)
    {
        var cells = attributes.Find(ObjectnessNames.Cells);
        return new ObjectnessSpec(cells.Double(ObjectnessNames.Margin, 0.5), cells.Int(ObjectnessNames.Width, pyramid.Channels));
    }

    public IEnumerable<ModelPart> Parts(ModelSpec spec)
    {
        var (width, pyramid) = (ObjectnessSpec.Of(spec).Width, spec.Pyramid);
        yield return new(
            "the cells",
            PartSize.Conv(pyramid.Channels, width, 3, bias: true) + PartSize.Conv(width, 1, 3, bias: true),
            [new(width, pyramid.MinLevel, pyramid.Levels)],
            [OnWidth]);
    }

    private static IEnumerable<Problem> MarginIsInRange(ModelSpec spec)
    {
        var margin = ObjectnessSpec.Of(spec).Margin;
        return Problems.Unless(margin is > 0 and <= 1, MarginIsOutOfRange, OnMargin, margin);
    }

    /// <summary>A width that comes from the pyramid is the pyramid's to report.</summary>
    private static IEnumerable<Problem> WidthIsInRange(ModelSpec spec)
    {
        var width = ObjectnessSpec.Of(spec).Width;
        return Problems.Unless(
            width is > 0 and <= MaxWidth || width == spec.Pyramid.Channels, WidthIsOutOfRange, OnWidth, width, MaxWidth);
    }
}
