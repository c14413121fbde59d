using System.Globalization;
using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>What lengths depend on beside the canvas: numbers that the declaration fixes.</summary>
/// <param name="AnchorsPerCell">A.</param>
/// <param name="Classes">K.</param>
/// <param name="TopK">Candidates kept for each level.</param>
/// <param name="MaxDetections">Detections for each image.</param>
/// <param name="LevelHalvings">Halvings of each pyramid level, finest first.</param>
internal sealed record PlanConstants(int AnchorsPerCell, int Classes, int TopK, int MaxDetections, IReadOnlyList<int> LevelHalvings);

/// <summary>What a session fixes.</summary>
internal readonly record struct PlanArguments(int Images, int Height, int Width, int MaxBoxes);

/// <summary>
/// The length of a run of elements in closed form: a product that is evaluated here for the documentation and printed for the program.
/// </summary>
/// <param name="Coefficient">The constant factor.</param>
/// <param name="PerImage">Times N.</param>
/// <param name="PerBox">Times the boxes that fit for each image.</param>
/// <param name="PerCandidate">Times the candidates that fit for each image.</param>
/// <param name="CellsAt">Times the cells of the map after so many halvings; −1: not.</param>
internal readonly record struct Length(
    long Coefficient, bool PerImage = false, bool PerBox = false, bool PerCandidate = false, int CellsAt = -1)
{
    /// <summary>Every run starts at a multiple of 16 elements, 64 bytes.</summary>
    public const int Alignment = 16;

    public static long RoundUp(long length) => (length + Alignment - 1) / Alignment * Alignment;

    public static long Candidates(PlanConstants constants, int height, int width) => constants.LevelHalvings.Sum(
        halvings => Math.Min(constants.TopK, new Shape(halvings, constants.AnchorsPerCell * constants.Classes).Length(height, width)));

    public long Evaluate(PlanConstants constants, PlanArguments arguments)
    {
        var length = Coefficient;
        length *= PerImage ? arguments.Images : 1;
        length *= PerBox ? arguments.MaxBoxes : 1;
        length *= PerCandidate ? Candidates(constants, arguments.Height, arguments.Width) : 1;
        return CellsAt < 0 ? length : length * new Shape(CellsAt, 1).Cells(arguments.Height, arguments.Width);
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

        if (PerCandidate)
        {
            factors.Add("candidates");
        }

        if (CellsAt >= 0)
        {
            factors.Add("c.Cells" + (1 << CellsAt).ToString(CultureInfo.InvariantCulture));
        }

        // With two factors the product is one of longs: the first is made one.
        var coefficient = Coefficient.ToString(CultureInfo.InvariantCulture);
        return factors.Count switch
        {
            0 => coefficient,
            1 => (Coefficient == 1 ? "" : coefficient + " * ") + factors[0],
            _ => (Coefficient == 1 ? "(long)" : coefficient + "L * ") + string.Join(" * ", factors),
        };
    }
}

/// <summary>One run of a value that has a place of its own: the boxes of the ground truth, the anchors of P3.</summary>
/// <param name="Name">The handle's field: Boxes, Offset.</param>
/// <param name="Length">Elements.</param>
internal sealed record Run(string Name, Length Length)
{
    /// <summary>The runs of a value that no slot holds, in the order in which its handle names them.</summary>
    public static IReadOnlyList<Run> Of(Value value, PlanConstants constants) => value.Kind switch
    {
        ValueKind.Input => [new("Offset", new(value.Shape.Channels, PerImage: true, CellsAt: value.Shape.Halvings))],
        ValueKind.Anchors => [new("Offset", new(4L * constants.AnchorsPerCell, CellsAt: value.Shape.Halvings))],
        ValueKind.Matches => [new("Offset", new(constants.AnchorsPerCell, PerImage: true, CellsAt: value.Shape.Halvings))],
        ValueKind.NormStatistics => [new("Offset", new(2L * value.Count, PerImage: value.CountsPerImage))],
        ValueKind.Loss => [new("Offset", new(1))],
        ValueKind.GroundTruth =>
        [
            new("Boxes", new(4, PerImage: true, PerBox: true)),
            new("Classes", new(1, PerImage: true, PerBox: true)),
            new("Counts", new(1, PerImage: true)),
            new("LossWeights", new(1, PerImage: true)),
            new("Foreground", new(1, PerImage: true)),
        ],
        ValueKind.Candidates =>
        [
            new("Boxes", new(4, PerImage: true, PerCandidate: true)),
            new("Scores", new(1, PerImage: true, PerCandidate: true)),
            new("Classes", new(1, PerImage: true, PerCandidate: true)),
            new("Counts", new(1, PerImage: true)),
            new("ImageSizes", new(2, PerImage: true)),
        ],
        ValueKind.Detections =>
        [
            new("Boxes", new(4L * constants.MaxDetections, PerImage: true)),
            new("Scores", new(constants.MaxDetections, PerImage: true)),
            new("Classes", new(constants.MaxDetections, PerImage: true)),
            new("Counts", new(1, PerImage: true)),
        ],
        _ => throw new InvalidOperationException($"{value.Name} of kind {value.Kind} lies in a slot."),
    };
}
