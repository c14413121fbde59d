using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Resize = Fovea.Generator.KnownNames.Resize;
using Size = Fovea.Generator.KnownNames.InputSize;

namespace Fovea.Generator.Validation;

/// <summary>Rules about [InputSize] and [Resize].</summary>
internal static class CanvasRules
{
    private const int MaxSide = 16_384;

    public static IEnumerable<Problem> SizesAreInRange(ModelSpec spec) => spec.InputSizes.SelectMany((size, i) => (IEnumerable<Problem>)
    [
        .. Side(Size.Width, size.Width, i),
        .. Side(Size.Height, size.Height, i),
    ]);

    public static IEnumerable<Problem> SizesAreDistinct(ModelSpec spec)
    {
        var seen = new HashSet<CanvasSpec>();
        return spec.InputSizes.SelectMany((size, i) =>
            Problems.Unless(seen.Add(size), Rules.InputSizeTwice, new(Size.Attribute, null, i), size.Width, size.Height));
    }

    public static IEnumerable<Problem> FixedOrVariable(ModelSpec spec) =>
        Problems.Unless(spec.InputSizes.Count == 0 || spec.Resize is null, Rules.SizeAndResize, new(Resize.Attribute), spec.Name);

    public static IEnumerable<Problem> ResizeIsInRange(ModelSpec spec) => spec.Resize is not { } r ? [] :
    [
        .. Problems.Unless(IsSide(r.Min), Rules.ResizeSide, new(Resize.Attribute, Resize.Min), Resize.Min, r.Min),
        .. Problems.Unless(IsSide(r.Max), Rules.ResizeSide, new(Resize.Attribute, Resize.Max), Resize.Max, r.Max),
        .. IsSide(r.Min) && IsSide(r.Max) && r.Max < r.Min
            ? [Problems.At(Rules.ResizeOrder, [new(Resize.Attribute, Resize.Max), new(Resize.Attribute, Resize.Min)], r.Min, r.Max)]
            : (IEnumerable<Problem>)[],
    ];

    private static IEnumerable<Problem> Side(string argument, int value, int occurrence) => Problems.Unless(
        value % 32 == 0 && IsSide(value), Rules.InputSize, new(Size.Attribute, argument, occurrence), argument, value, Nearest(value));

    /// <summary>", for example 640" for 650.</summary>
    private static string Nearest(int value) => IsSide(value) ? $", for example {Math.Max(32, ((value + 16) / 32) * 32)}" : "";

    private static bool IsSide(int value) => value is >= 32 and <= MaxSide;
}
