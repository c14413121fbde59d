using Fovea.Generator.Graph;

namespace Fovea.Generator.Heads.RetinaNet;

/// <summary>Anchors of all levels, [Σ H·W·A, 4], written once. The shape is that of the deltas.</summary>
internal sealed class AnchorsKind(int perCell) : ValueKind
{
    public override int Rank => 2;

    public override string HandleType(Value value) => "AnchorMap";

    public override IReadOnlyList<Run> Runs(Value value) => [new("Offset", new(4L * perCell, Cells: value.Shape))];

    public override string Handle(Value value, IReadOnlyList<string> places)
    {
        var stride = Text(value.Shape.Stride);
        return $"new({places[0]}, c.H{stride}, c.W{stride}, PerCell: {Text(perCell)}{Levels(value.Shape)})";
    }
}

/// <summary>For each level [N, H·W·A]: which box each anchor is matched with. The shape is that of the deltas.</summary>
internal sealed class MatchesKind(int perCell) : ValueKind
{
    public override int Rank => 3;

    public override ElementType Element => ElementType.Int32;

    public override string HandleType(Value value) => "MatchMap";

    public override IReadOnlyList<Run> Runs(Value value) => [new("Offset", new(perCell, PerImage: true, Cells: value.Shape))];

    public override string Handle(Value value, IReadOnlyList<string> places)
    {
        var stride = Text(value.Shape.Stride);
        return $"new({places[0]}, c.Images, c.H{stride}, c.W{stride}, PerCell: {Text(perCell)}{Levels(value.Shape)})";
    }
}

/// <summary>A scalar for each level.</summary>
internal sealed class LossKind : ValueKind
{
    public override int Rank => 5;

    public override string HandleType(Value value) => "LossTerm";

    public override IReadOnlyList<Run> Runs(Value value) => [new("Offset", new(value.Shape.Levels))];

    public override string Handle(Value value, IReadOnlyList<string> places) => $"new({places[0]}{Levels(value.Shape)})";
}

/// <summary>Records of several runs: boxes, scores, classes, counts.</summary>
/// <param name="capacity">How many of them fit for each image, as an expression over the layout's locals.</param>
internal abstract class RecordsKind(string capacity) : ValueKind
{
    public override ElementType Element => ElementType.Int32;

    public override string Handle(Value value, IReadOnlyList<string> places)
    {
        var runs = Runs(value).Zip(places, (run, place) => $"{run.Name}: {place}");
        return $"new(\n    c.Images, Capacity: {capacity},\n    {string.Join(",\n    ", runs)})";
    }
}

/// <summary>The batch's ground truth, which the host writes.</summary>
internal sealed class GroundTruthKind() : RecordsKind("maxBoxes")
{
    public override int Rank => 4;

    public override string HandleType(Value value) => "GroundTruthMap";

    public override IReadOnlyList<Run> Runs(Value value) =>
    [
        new("Boxes", new(4, PerImage: true, PerBox: true)),
        new("Classes", new(1, PerImage: true, PerBox: true)),
        new("Counts", new(1, PerImage: true)),
        new("LossWeights", new(1, PerImage: true)),
        new("Foreground", new(1, PerImage: true)),
    ];
}

/// <summary>Before suppression: at most k of each level.</summary>
/// <param name="logits">The shape of what they are chosen from.</param>
internal sealed class CandidatesKind(Shape logits, int topK) : RecordsKind("(int)candidates")
{
    public override int Rank => 6;

    public override string HandleType(Value value) => "CandidateMap";

    public override IReadOnlyList<Run> Runs(Value value) =>
    [
        new("Boxes", new(4, PerImage: true, Number: Capacity)),
        new("Scores", new(1, PerImage: true, Number: Capacity)),
        new("Classes", new(1, PerImage: true, Number: Capacity)),
        new("Counts", new(1, PerImage: true)),
        new("ImageSizes", new(2, PerImage: true)),
    ];

    private IEnumerable<Shape> LogitLevels => Enumerable.Range(0, logits.Levels).Select(logits.Level);

    private CanvasNumber Capacity => new(
        "candidates",
        string.Join(
            "\n    + ", LogitLevels.Select(level => $"long.Min({Text(topK)}, {Text(level.Channels)} * c.Cells{Text(level.Stride)})")),
        (height, width) => LogitLevels.Sum(level => Math.Min(topK, level.Length(height, width))));
}

/// <summary>After suppression.</summary>
internal sealed class DetectionsKind(int maximum) : RecordsKind(Text(maximum))
{
    public override int Rank => 7;

    public override string HandleType(Value value) => "DetectionMap";

    public override IReadOnlyList<Run> Runs(Value value) =>
    [
        new("Boxes", new(4L * maximum, PerImage: true)),
        new("Scores", new(maximum, PerImage: true)),
        new("Classes", new(maximum, PerImage: true)),
        new("Counts", new(1, PerImage: true)),
    ];
}
