using System.Globalization;

namespace Fovea.Generator.Graph;

/// <summary>How a value's elements are stored.</summary>
internal enum ElementType
{
    /// <summary>As wide as the session's precision says.</summary>
    Storage,

    /// <summary>Single precision, whatever the session's.</summary>
    Single,

    /// <summary>Integers of 32 bits (or records of those and of singles).</summary>
    Int32,
}

/// <summary>
/// What a value is. A kind owns all that depends on it: handle, memory, place among others, listing. Nobody else asks which one it is.
/// </summary>
internal abstract class ValueKind
{
    /// <summary>A feature map or pyramid computed by forward.</summary>
    public static readonly ValueKind Activation = new MapKind(isGradient: false);

    /// <summary>The gradient of one.</summary>
    public static readonly ValueKind Gradient = new MapKind(isGradient: true);

    /// <summary>
    /// Means and reciprocal deviations of a norm, kept for backward: a pair for each channel, [C], or for each group of each image,
    /// [N, 1, 1, groups]; and that for each level.
    /// </summary>
    public static readonly ValueKind Statistics = new StatisticsKind();

    /// <summary>The pixels, which the host writes.</summary>
    public static readonly ValueKind Input = new InputKind();

    /// <summary>The runtime's type of the handle.</summary>
    public abstract string HandleType(Value value);

    public virtual ElementType Element => ElementType.Single;

    /// <summary>
    /// Whether planned slots hold it: then its shape is inferred and checked. Else it has a place of its own behind them.
    /// </summary>
    public virtual bool IsSlotted => false;

    /// <summary>Whether it is a map with cells and channels.</summary>
    public virtual bool IsMap => false;

    public virtual bool IsGradient => false;

    /// <summary>Orders what has places of its own; values as wide as the precision come before records.</summary>
    public virtual int Rank => 0;

    /// <summary>The runs of a value that no slot holds, in the order in which its handle names them.</summary>
    public virtual IReadOnlyList<Run> Runs(Value value) => throw new InvalidOperationException($"{value} lies in a slot.");

    /// <summary>The handle as an expression over the canvas <c>c</c> and the places of its runs.</summary>
    public abstract string Handle(Value value, IReadOnlyList<string> places);

    protected static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>"", or the argument that says how many levels a handle to a range has.</summary>
    protected static string Levels(Shape shape) => shape.IsRange ? ", Levels: " + Text(shape.Levels) : "";

    /// <summary>A map: <c>c.At8(place, 256)</c>.</summary>
    private static string Map(Shape shape, string place) => $"c.At{Length.Suffix(shape)}({place}, {Text(shape.Channels)})";

    private sealed class MapKind(bool isGradient) : ValueKind
    {
        public override ElementType Element => ElementType.Storage;

        public override bool IsSlotted => true;

        public override bool IsMap => true;

        public override bool IsGradient => isGradient;

        public override string HandleType(Value value) => value.Shape.IsRange ? "PyramidMap" : "FeatureMap";

        public override string Handle(Value value, IReadOnlyList<string> places) => value.View is { } view
            ? $"{Map(view.Whole.Shape, places[0])}[{Text(view.Level)}]"
            : Map(value.Shape, places[0]);
    }

    private sealed class InputKind : ValueKind
    {
        public override ElementType Element => ElementType.Storage;

        public override bool IsMap => true;

        public override string HandleType(Value value) => "FeatureMap";

        public override IReadOnlyList<Run> Runs(Value value) =>
            [new("Offset", new(value.Shape.Channels, PerImage: true, Cells: value.Shape))];

        public override string Handle(Value value, IReadOnlyList<string> places) => Map(value.Shape, places[0]);
    }

    private sealed class StatisticsKind : ValueKind
    {
        public override int Rank => 1;

        public override string HandleType(Value value) => "NormStatisticsMap";

        public override IReadOnlyList<Run> Runs(Value value) =>
            [new("Offset", new(2L * value.Shape.Channels * value.Shape.Levels, PerImage: value.Shape.Extent == Extent.Point))];

        public override string Handle(Value value, IReadOnlyList<string> places)
        {
            var images = value.Shape.Extent == Extent.Point ? "c.Images * " : "";
            return $"new({places[0]}, Count: {images}{Text(value.Shape.Channels)}{Levels(value.Shape)})";
        }
    }
}
