using Fovea.CompilerServices;

namespace Fovea.TestSupport;

/// <summary>
/// A detector as the generator would write it, small enough to read: two levels, a folded norm with running statistics, a norm with
/// batch statistics,
/// shared heads whose gradients add up over the levels.
/// </summary>
internal sealed class ToyProgram : DetectorProgram
{
    public const int Classes = 3;
    public const int AnchorsPerCell = 2;
    public const int Levels = 2;

    private static readonly AnchorLevel[] Anchors = [new([12, 16], [1]), new([24, 32], [1])];
    private static readonly MatchingRule Matching = new(ForegroundIoU: 0.5f);
    private static readonly FocalRule Focal = new(0.25f, 2, Classes);
    private static readonly BoxLossRule BoxLoss = new(BoxLossKind.L1);
    private static readonly PostProcessingRule PostProcessing = new(Classes);

    private readonly ToyParameters p = ToyParameters.Instance;

    private ToyProgram(ModelDescription description) => Description = description;

    public static ToyProgram Instance { get; } = new(Describe("Toy", frozen: false));

    /// <summary>The same network, described as one with frozen batch norms.</summary>
    public static ToyProgram Frozen { get; } = new(Describe("FrozenToy", frozen: true));

    public override ModelDescription Description { get; }

    /// <summary>The same network over an enum with other names or another order; null is a gap.</summary>
    public static ToyProgram WithClasses(params string?[] names) => new(Instance.Description with
    {
        ClassNames = names,
        Fingerprint = "toy-" + string.Join(",", names),
    });

    /// <summary>The same network, declared with another rule.</summary>
    public static ToyProgram WithRule(PostProcessingRule rule) => new(Instance.Description with { PostProcessing = rule });

    /// <summary>The same network, whose description says another length of its statistics: below 0 there is no memory for it.</summary>
    public static ToyProgram WithStatistics(int length) => new(Instance.Description with { StatisticsLength = length });

    public override InferencePlan PlanInference(int images, int height, int width) =>
        ToyInferencePlan.Create(images, height, width, Description.PostProcessing);

    public override TrainingPlan PlanTraining(int images, int height, int width, int maxBoxes) =>
        ToyTrainingPlan.Create(images, height, width, maxBoxes);

    public override void Fold<TBackend>(ref TBackend backend)
    {
        backend.FoldBatchNorm(p.Conv1, p.Norm1, p.Conv1Folded);
        backend.FoldBatchNorm(p.Conv2, p.Norm2, p.Conv2Folded);
    }

    public override void GenerateAnchors<TBackend>(ref TBackend backend, ExecutionPlan plan)
    {
        backend.GenerateAnchors(Anchors, plan.Height, plan.Width, plan.Anchors);
    }

    public override void Detect<TBackend>(ref TBackend backend, InferencePlan plan)
    {
        var b = (ToyInferencePlan)plan;
        backend.ConvRelu(b.Input, p.Conv1Folded, b.Stem);
        backend.Tap("stem", b.Stem);
        backend.ConvRelu(b.Stem, p.Conv2Folded, b.Body);
        backend.ConvRelu(b.Body, p.Conv3, b.P3);
        backend.Tap("P3", b.P3);
        backend.ConvRelu(b.P3, p.Conv4, b.P4);
        backend.Tap("P4", b.P4);
        backend.Conv(b.P3, p.Class, b.Logits[0]);
        backend.Conv(b.P4, p.Class, b.Logits[1]);
        backend.Conv(b.P3, p.Box, b.Deltas[0]);
        backend.Conv(b.P4, p.Box, b.Deltas[1]);
        backend.SelectCandidates(b.Logits, b.Deltas, b.Anchors, b.PostProcessing, b.Candidates);
        backend.SuppressNonMaxima(b.Candidates, b.PostProcessing, b.Detections);
    }

    public override void Forward<TBackend>(ref TBackend backend, TrainingPlan plan)
    {
        var b = (ToyTrainingPlan)plan;
        backend.FoldBatchNorm(p.Conv1, p.Norm1, p.Conv1Folded);
        backend.ConvRelu(b.Input, p.Conv1Folded, b.Stem);
        backend.Tap("stem", b.Stem);
        backend.Conv(b.Stem, p.Conv2, b.BodyRaw);
        backend.BatchNormRelu(b.BodyRaw, p.Norm2, b.BodyStatistics, b.Body);
        backend.ConvRelu(b.Body, p.Conv3, b.P3);
        backend.Tap("P3", b.P3);
        backend.ConvRelu(b.P3, p.Conv4, b.P4);
        backend.Tap("P4", b.P4);
        backend.Conv(b.P3, p.Class, b.Logits[0]);
        backend.Conv(b.P4, p.Class, b.Logits[1]);
        backend.Conv(b.P3, p.Box, b.Deltas[0]);
        backend.Conv(b.P4, p.Box, b.Deltas[1]);
    }

    public override void Loss<TBackend>(ref TBackend backend, TrainingPlan plan)
    {
        var b = (ToyTrainingPlan)plan;
        backend.MatchAnchors(b.Anchors, b.Truth, Matching, b.Matches);
        backend.FocalLoss(b.Logits, b.Matches, b.Truth, Focal, b.ClassificationLoss, b.LogitGradients);
        backend.BoxLoss(b.Deltas, b.Anchors, b.Matches, b.Truth, BoxLoss, b.BoxLoss, b.DeltaGradients);
    }

    public override void Backward<TBackend>(ref TBackend backend, TrainingPlan plan)
    {
        var (b, d) = ((ToyTrainingPlan)plan, p.Gradients);
        backend.ConvBackward(b.P4, p.Class, b.LogitGradients[1], d.Class, b.GradientP4);
        backend.ConvBackward(b.P4, p.Box, b.DeltaGradients[1], d.Box, b.GradientP4, mask: b.P4, accumulate: b.GradientP4);
        backend.ConvBackward(b.P3, p.Class, b.LogitGradients[0], d.Class.Accumulating, b.GradientP3);
        backend.ConvBackward(b.P3, p.Box, b.DeltaGradients[0], d.Box.Accumulating, b.GradientP3, accumulate: b.GradientP3);
        backend.ConvBackward(b.P3, p.Conv4, b.GradientP4, d.Conv4, b.GradientP3, mask: b.P3, accumulate: b.GradientP3);
        backend.ConvBackward(b.Body, p.Conv3, b.GradientP3, d.Conv3, b.GradientBody);
        backend.BatchNormReluBackward(b.BodyRaw, p.Norm2, b.BodyStatistics, b.Body, b.GradientBody, d.Norm2, b.GradientBody);
        backend.ConvBackward(b.Stem, p.Conv2, b.GradientBody, d.Conv2, b.GradientStem, mask: b.Stem);
        backend.ConvBackwardWeights(b.Input, p.Conv1Folded, b.GradientStem, d.Conv1);
        backend.FoldBatchNormBackward(p.Conv1, p.Norm1, d.Conv1, d.Norm1);
    }

    private static ModelDescription Describe(string name, bool frozen) =>
        ToyDescription.Create(name, frozen, Anchors, Matching, PostProcessing);
}
