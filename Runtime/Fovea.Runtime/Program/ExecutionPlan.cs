using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>Where each value lies for one batch size and canvas; evaluated once at session creation. Generated plans add the typed handles of every block.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ExecutionPlan
{
    /// <summary>Runs of the arena begin at multiples of this: 64 bytes of float32.</summary>
    private const int ElementAlignment = 16;

    /// <summary>N.</summary>
    public required int Images { get; init; }

    /// <summary>Canvas height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Canvas width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Elements of the arena.</summary>
    public required long ArenaLength { get; init; }

    /// <summary>
    /// Elements of the arena that hold values of the network, which a device may store in a narrower type than float32. They lie first, and
    /// the input is the last of them; behind it are records of 32 bits (anchors, matches, statistics, boxes …).
    /// </summary>
    public long ValuesLength => (Input.Offset + Input.Length + ElementAlignment - 1) / ElementAlignment * ElementAlignment;

    /// <summary>[N, H, W, 3], normalised.</summary>
    public required FeatureMap Input { get; init; }

    /// <summary>Of each level: [N, H·W·A, K] as [N, H, W, A·K].</summary>
    public required PyramidMap Logits { get; init; }

    /// <summary>Of each level: [N, H·W·A, 4] as [N, H, W, A·4].</summary>
    public required PyramidMap Deltas { get; init; }

    /// <summary>Of all levels.</summary>
    public required AnchorMap Anchors { get; init; }
}

/// <summary>The plan of detection: norms folded, activations freed as soon as their last reader is done.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class InferencePlan : ExecutionPlan
{
    /// <summary>Before suppression.</summary>
    public required CandidateMap Candidates { get; init; }

    /// <summary>After suppression.</summary>
    public required DetectionMap Detections { get; init; }

    /// <summary>From logits to detections in the next run: as declared, or as a call wants it.</summary>
    public required PostProcessingRule PostProcessing { get; set; }
}

/// <summary>The plan of a training step: activations kept until backward has used them.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class TrainingPlan : ExecutionPlan
{
    /// <summary>The batch's boxes and classes.</summary>
    public required GroundTruthMap Truth { get; init; }

    /// <summary>Of all levels.</summary>
    public required MatchMap Matches { get; init; }

    /// <summary>Classification loss of each level; the total is their sum.</summary>
    public required LossTerm ClassificationLoss { get; init; }

    /// <summary>Box loss of each level; the total is their sum.</summary>
    public required LossTerm BoxLoss { get; init; }

    /// <summary>The gradient with respect to <see cref="ExecutionPlan.Input"/>, where the model declares <c>InputGradient</c>; else empty.</summary>
    public FeatureMap InputGradient { get; init; }
}
