using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Parsing;

/// <summary>One method for each part of the spec: the attribute's arguments over the preset's values.</summary>
internal static class SpecParser
{
    /// <summary>Metadata names of a detector's attributes, but the one that declares it and the head's.</summary>
    public static readonly string[] Attributes =
    [
        KnownNames.Backbone.Attribute, KnownNames.Pyramid.Attribute, KnownNames.InputSize.Attribute, KnownNames.Resize.Attribute,
    ];

    public static BackboneSpec Backbone(Arguments a, string name, PresetValues preset)
    {
        var shape = BackboneTable.Find(name) ?? new BackboneShape(BlockKind.Bottleneck, EquatableArray<int>.Empty);
        return new BackboneSpec(
            name,
            a.Enum(KnownNames.Backbone.Block, shape.Block),
            a.List(KnownNames.Backbone.StageBlocks, shape.StageBlocks),
            a.Int(KnownNames.Backbone.BaseWidth, shape.BaseWidth),
            a.Int(KnownNames.Backbone.Groups, shape.Groups),
            a.Int(KnownNames.Backbone.WidthPerGroup, shape.WidthPerGroup),
            a.Enum(KnownNames.Backbone.Norm, preset.Norm),
            a.Enum(KnownNames.Backbone.NormStatistics, preset.Statistics),
            a.Int(KnownNames.Backbone.FrozenStages, preset.FrozenStages),
            a.Int(KnownNames.Backbone.NormGroups, preset.NormGroups));
    }

    public static PyramidSpec Pyramid(Arguments a, PresetValues preset) => new(
        a.Int(KnownNames.Pyramid.MinLevel, preset.Pyramid.MinLevel),
        a.Int(KnownNames.Pyramid.MaxLevel, preset.Pyramid.MaxLevel),
        a.Int(KnownNames.Pyramid.Channels, preset.Pyramid.Channels),
        a.Enum(KnownNames.Pyramid.P6From, preset.Pyramid.P6From));

    /// <summary>
    /// What is declared; the preset's fixed canvases or resize only where neither is. Both declared come through, for the validator.
    /// </summary>
    public static (EquatableArray<CanvasSpec> InputSizes, ResizeSpec? Resize) Canvas(
        IEnumerable<AttributeData> sizes, Arguments resize, PresetValues preset)
    {
        var declared = sizes
            .Select(a => new Arguments(a))
            .Select(a => new CanvasSpec(a.Int(KnownNames.InputSize.Width, 0), a.Int(KnownNames.InputSize.Height, 0)))
            .ToEquatableArray();
        var rule = new ResizeSpec(
            resize.Int(KnownNames.Resize.Min, preset.Resize.Min),
            resize.Int(KnownNames.Resize.Max, preset.Resize.Max),
            resize.EnumName(KnownNames.Resize.Rule) ?? preset.Resize.Rule);
        if (resize.IsDeclared)
        {
            return (declared, rule);
        }

        var canvases = declared.Count > 0 ? declared : preset.InputSizes;
        return (canvases, canvases.Count > 0 ? null : rule);
    }
}
