using Fovea.Detection;
using Fovea.Model;
using Fovea.Tensors;

namespace Fovea.Tests.Support;

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

    public AnchorMap Anchors(FeatureMap level) =>
        new(Take(level.Height * level.Width * ToyProgram.AnchorsPerCell * 4L), level.Height, level.Width, ToyProgram.AnchorsPerCell);
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
            Logits = [.. new[] { p3, p4 }.Select(p => a.Map(n, p.Height, p.Width, ToyProgram.AnchorsPerCell * rule.Classes))],
            Deltas = [.. new[] { p3, p4 }.Select(p => a.Map(n, p.Height, p.Width, ToyProgram.AnchorsPerCell * 4))],
            Anchors = [a.Anchors(p3), a.Anchors(p4)],
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

    public required FeatureMap[] LogitGradients { get; init; }

    public required FeatureMap[] DeltaGradients { get; init; }

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
        FeatureMap[] Heads(int channels) => [.. new[] { p3, p4 }.Select(p => a.Map(n, p.Height, p.Width, ToyProgram.AnchorsPerCell * channels))];
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
            Logits = Heads(ToyProgram.Classes),
            Deltas = Heads(4),
            LogitGradients = Heads(ToyProgram.Classes),
            DeltaGradients = Heads(4),
            GradientP3 = a.Map(n, p3.Height, p3.Width, 16),
            GradientP4 = a.Map(n, p4.Height, p4.Width, 16),
            GradientBody = a.Map(n, body.Height, body.Width, 16),
            GradientStem = a.Map(n, stem.Height, stem.Width, 8),
            Anchors = [a.Anchors(p3), a.Anchors(p4)],
            Truth = new GroundTruthMap(n, maxBoxes, a.Take(n * maxBoxes * 4L), a.Take(n * maxBoxes), a.Take(n), a.Take(n), a.Take(n)),
            Matches = [.. new[] { p3, p4 }.Select(p => new MatchMap(
                a.Take(n * p.Height * p.Width * ToyProgram.AnchorsPerCell), n, p.Height * p.Width * ToyProgram.AnchorsPerCell))],
            ClassificationLoss = [new LossTerm(a.Take(1)), new LossTerm(a.Take(1))],
            BoxLoss = [new LossTerm(a.Take(1)), new LossTerm(a.Take(1))],
            ArenaLength = a.Length,
        };
    }
}
