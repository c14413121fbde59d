using Fovea.CompilerServices;

namespace Fovea.TestSupport;

/// <summary>Places values one after the other: the toy reuses nothing.</summary>
internal sealed class ToyArena
{
    public long Length { get; private set; }

    public long Take(long length)
    {
        var offset = Length;
        Length += (length + 15) / 16 * 16;
        return offset;
    }

    public FeatureMap Map(int images, int height, int width, int channels) =>
        new(Take((long)images * height * width * channels), images, height, width, channels);

    /// <summary>What the heads make of the levels from this one on.</summary>
    public PyramidMap Heads(FeatureMap finest, int perAnchor)
    {
        var map = new PyramidMap(
            0, finest.Images, finest.Height, finest.Width, ToyProgram.AnchorsPerCell * perAnchor, ToyProgram.Levels);
        return map with { Offset = Take(map.Extent) };
    }

    public AnchorMap Anchors(FeatureMap finest)
    {
        var map = new AnchorMap(0, finest.Height, finest.Width, ToyProgram.AnchorsPerCell, ToyProgram.Levels);
        return map with { Offset = Take(4L * map.Count) };
    }
}

internal sealed class ToyInferencePlan : InferencePlan
{
    public required FeatureMap Stem { get; init; }

    public required FeatureMap Body { get; init; }

    public required FeatureMap P3 { get; init; }

    public required FeatureMap P4 { get; init; }

    public static ToyInferencePlan Create(int n, int height, int width, PostProcessingRule rule)
    {
        var a = new ToyArena();
        var input = a.Map(n, height, width, 3);
        var stem = a.Map(n, height / 2, width / 2, 8);
        var body = a.Map(n, height / 4, width / 4, 16);
        var p3 = a.Map(n, height / 8, width / 8, 16);
        var p4 = a.Map(n, height / 16, width / 16, 16);
        var capacity = new[] { p3, p4 }.Sum(p => Math.Min(rule.TopK, p.Height * p.Width * ToyProgram.AnchorsPerCell * rule.Classes));
        var found = rule.MaxDetections;
        return new ToyInferencePlan
        {
            Images = n,
            Height = height,
            Width = width,
            Input = input,
            Stem = stem,
            Body = body,
            P3 = p3,
            P4 = p4,
            Logits = a.Heads(p3, rule.Classes),
            Deltas = a.Heads(p3, 4),
            Anchors = a.Anchors(p3),
            Candidates = new CandidateMap(
                n, capacity, a.Take(n * capacity * 4L), a.Take(n * capacity), a.Take(n * capacity), a.Take(n), a.Take(n * 2)),
            Detections = new DetectionMap(n, found, a.Take(n * found * 4L), a.Take(n * found), a.Take(n * found), a.Take(n)),
            PostProcessing = rule,
            ArenaLength = a.Length,
        };
    }
}

internal sealed class ToyTrainingPlan : TrainingPlan
{
    public required FeatureMap Stem { get; init; }

    public required FeatureMap BodyRaw { get; init; }

    public required NormStatisticsMap BodyStatistics { get; init; }

    public required FeatureMap Body { get; init; }

    public required FeatureMap P3 { get; init; }

    public required FeatureMap P4 { get; init; }

    public required PyramidMap LogitGradients { get; init; }

    public required PyramidMap DeltaGradients { get; init; }

    public required FeatureMap GradientP3 { get; init; }

    public required FeatureMap GradientP4 { get; init; }

    public required FeatureMap GradientBody { get; init; }

    public required FeatureMap GradientStem { get; init; }

    public static ToyTrainingPlan Create(int n, int height, int width, int maxBoxes)
    {
        var a = new ToyArena();
        var stem = a.Map(n, height / 2, width / 2, 8);
        var body = a.Map(n, height / 4, width / 4, 16);
        var p3 = a.Map(n, height / 8, width / 8, 16);
        var p4 = a.Map(n, height / 16, width / 16, 16);
        var matches = new MatchMap(0, n, p3.Height, p3.Width, ToyProgram.AnchorsPerCell, ToyProgram.Levels);
        return new ToyTrainingPlan
        {
            Images = n,
            Height = height,
            Width = width,
            Input = a.Map(n, height, width, 3),
            Stem = stem,
            BodyRaw = a.Map(n, height / 4, width / 4, 16),
            BodyStatistics = new NormStatisticsMap(a.Take(32), 16),
            Body = body,
            P3 = p3,
            P4 = p4,
            Logits = a.Heads(p3, ToyProgram.Classes),
            Deltas = a.Heads(p3, 4),
            LogitGradients = a.Heads(p3, ToyProgram.Classes),
            DeltaGradients = a.Heads(p3, 4),
            GradientP3 = a.Map(n, p3.Height, p3.Width, 16),
            GradientP4 = a.Map(n, p4.Height, p4.Width, 16),
            GradientBody = a.Map(n, body.Height, body.Width, 16),
            GradientStem = a.Map(n, stem.Height, stem.Width, 8),
            Anchors = a.Anchors(p3),
            Truth = new GroundTruthMap(n, maxBoxes, a.Take(n * maxBoxes * 4L), a.Take(n * maxBoxes), a.Take(n), a.Take(n), a.Take(n)),
            Matches = matches with { Offset = a.Take((long)n * matches.Anchors) },
            ClassificationLoss = new LossTerm(a.Take(ToyProgram.Levels), ToyProgram.Levels),
            BoxLoss = new LossTerm(a.Take(ToyProgram.Levels), ToyProgram.Levels),
            ArenaLength = a.Length,
        };
    }
}
