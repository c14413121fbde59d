using System.Globalization;

namespace Fovea.Generator.Graph;

/// <summary>What a session fixes.</summary>
internal readonly record struct PlanArguments(int Images, int Height, int Width, int MaxBoxes);

/// <summary>A number that only the canvas decides and that no product of extents says: the layout has it as a local variable.</summary>
/// <param name="Name">Of the local.</param>
/// <param name="Expression">Over the canvas <c>c</c>.</param>
/// <param name="Evaluate">Of height and width.</param>
internal sealed record CanvasNumber(string Name, string Expression, Func<int, int, long> Evaluate)
{
    public bool Equals(CanvasNumber? other) => other is not null && (Name, Expression) == (other.Name, other.Expression);

    public override int GetHashCode() => Name.GetHashCode();
}

/// <summary>
/// The length of a run of elements in closed form: a product that is evaluated here for the documentation and printed for the program.
/// </summary>
/// <param name="Coefficient">The constant factor.</param>
/// <param name="PerImage">Times N.</param>
/// <param name="PerBox">Times the boxes that fit for each image.</param>
/// <param name="Cells">Times the cells of all its levels.</param>
/// <param name="Number">Times a number of the canvas.</param>
internal readonly record struct Length(
    long Coefficient, bool PerImage = false, bool PerBox = false, Shape Cells = default, CanvasNumber? Number = null)
{
    /// <summary>"8", or "8To128" of a range: ends the names of the canvas's members.</summary>
    public static string Suffix(Shape shape)
    {
        var stride = shape.Stride.ToString(CultureInfo.InvariantCulture);
        return shape.IsRange ? stride + "To" + (shape.Stride << (shape.Levels - 1)).ToString(CultureInfo.InvariantCulture) : stride;
    }

    /// <summary>
    /// The elements of a map for one image, as an expression over the canvas: <c>c.Cells8 * 256</c>, <c>c.Length8To128(256)</c>.
    /// </summary>
    public static string Of(Shape shape) => shape.IsRange
        ? $"c.Length{Suffix(shape)}({Text(shape.Channels)})"
        : $"c.Cells{Suffix(shape)} * {Text(shape.Channels)}";

    public long Evaluate(PlanArguments arguments)
    {
        var length = Coefficient;
        length *= PerImage ? arguments.Images : 1;
        length *= PerBox ? arguments.MaxBoxes : 1;
        length *= Number?.Evaluate(arguments.Height, arguments.Width) ?? 1;
        return Cells.Extent == Extent.None ? length : length * Cells.Cells(arguments.Height, arguments.Width);
    }

    /// <summary>As an expression over the layout's locals: <c>36L * c.Images * c.Cells8</c>.</summary>
    public override string ToString()
    {
        var factors = new List<string>();
        if (PerImage)
        {
            factors.Add("c.Images");
        }

        if (PerBox)
        {
            factors.Add("maxBoxes");
        }

        if (Number is { } number)
        {
            factors.Add(number.Name);
        }

        if (Cells.Extent == Extent.Cells)
        {
            factors.Add("c.Cells" + Suffix(Cells));
        }

        // With two factors the product is one of longs: the first is made one.
        var coefficient = Text(Coefficient);
        return factors.Count switch
        {
            0 => coefficient,
            1 => (Coefficient == 1 ? "" : coefficient + " * ") + factors[0],
            _ => (Coefficient == 1 ? "(long)" : coefficient + "L * ") + string.Join(" * ", factors),
        };
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One run of a value that has a place of its own: the boxes of the ground truth, the anchors.</summary>
/// <param name="Name">The handle's field: Boxes, Offset.</param>
/// <param name="Length">Elements.</param>
internal sealed record Run(string Name, Length Length);
