using System.Numerics;
using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Validation;

/// <summary>
/// Rules about products of arguments, for specs whose arguments are each in range: nothing that is built overflows a number.
/// </summary>
internal static class SizeRules
{
    /// <summary>Tensors are indexed by 32 bits, each and all of them in one buffer.</summary>
    private const int MaxElements = int.MaxValue;

    /// <summary>32 times the widest published bottleneck (ResNeXt-101-64x4d, 2048).</summary>
    private const int MaxInnerWidth = 65_536;

    /// <summary>A canvas above this is large, below it are the channels.</summary>
    private const long LargeCanvas = 4096 * 4096;

    public static IEnumerable<Problem> BottlenecksAreInRange(ModelSpec spec)
    {
        var stage = ModelSize.Stages(spec);
        var width = ModelSize.InnerWidth(spec.Backbone, stage);
        return width <= MaxInnerWidth ? [] : [Problems.At(
            Rules.BottleneckTooWide,
            [
                new(KnownNames.Backbone.Attribute, KnownNames.Backbone.Groups),
                new(KnownNames.Backbone.Attribute, KnownNames.Backbone.WidthPerGroup),
                new(KnownNames.Backbone.Attribute, KnownNames.Backbone.BaseWidth),
            ],
            $"layer{stage}", width, MaxInnerWidth)];
    }

    /// <summary>The part with the most parameters is to blame.</summary>
    public static IEnumerable<Problem> ParametersFit(IEnumerable<ModelPart> network)
    {
        var parts = network.OrderByDescending(part => part.Elements).ToList();
        var all = parts.Aggregate(BigInteger.Zero, (sum, part) => sum + part.Elements);
        return all <= MaxElements
            ? []
            : [Problems.At(Rules.TooManyParameters, [.. parts[0].At], all, parts[0].Elements, parts[0].Name, MaxElements)];
    }

    /// <summary>For each declared canvas the largest map of one image.</summary>
    public static IEnumerable<Problem> MapsFit(ModelSpec spec, IEnumerable<ModelPart> network)
    {
        var maps = network
            .SelectMany(part => part.Maps, (part, map) => (Part: part, Map: map))
            .ToList();
        return Canvases(spec)
            .Select(canvas => maps
                .Select(map => (map.Part, canvas.Size, canvas.At, Elements: map.Map.Length(canvas.Size.Height, canvas.Size.Width)))
                .OrderByDescending(map => map.Elements)
                .First())
            .Where(map => map.Elements > MaxElements)
            .Select(map => Problems.At(
                Rules.MapTooLarge, Blamed(map.At, map.Size, map.Part), Capitalized(map.Part.Name), map.Elements, map.Size.Width,
                map.Size.Height, MaxElements));
    }

    private static ArgumentName[] Blamed(ArgumentName[] canvas, CanvasSpec size, ModelPart part) =>
        (long)size.Width * size.Height > LargeCanvas ? [.. canvas, .. part.At] : [.. part.At, .. canvas];

    /// <summary>The largest canvas of one image where they vary; its batch's may be larger.</summary>
    private static IEnumerable<(CanvasSpec Size, ArgumentName[] At)> Canvases(ModelSpec spec) => spec.Resize is { } resize
        ? [(
            new(RoundUp(resize.Max), RoundUp(resize.Min)),
            [new(KnownNames.Resize.Attribute, KnownNames.Resize.Min), new(KnownNames.Resize.Attribute, KnownNames.Resize.Max)])]
        : spec.InputSizes.Select((size, i) => (size, new ArgumentName[] { new(KnownNames.InputSize.Attribute, null, i) }));

    private static int RoundUp(int side) => (side + 31) / 32 * 32;

    private static string Capitalized(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);
}
