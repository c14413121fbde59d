using Fovea.CompilerServices;

namespace Fovea.TestSupport;

/// <summary>The toy's constants.</summary>
internal static class ToyDescription
{
    public static ModelDescription Create(
        string name, bool frozen, AnchorLevel[] anchors, MatchingRule matching, PostProcessingRule postProcessing)
    {
        var p = ToyParameters.Instance;
        return new ModelDescription
        {
            Name = name,
            Backbone = "Toy",
            Preset = "Fovea",
            ClassNames = ["Square", "Wide", "Tall"],
            MinLevel = 3,
            MaxLevel = 4,
            AnchorsPerCell = ToyProgram.AnchorsPerCell,
            InputSizes = [new CanvasSize(64, 64), new CanvasSize(96, 64)],
            Resize = null,
            Pixels = new PixelNormalization([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f], false, 1),
            Anchors = anchors,
            PostProcessing = postProcessing,
            Matching = matching,
            Tensors = p.Tensors,
            ClassLayer = "head.classification_head.cls_logits",
            TrainableLength = p.ParameterLength,
            ParameterLength = p.ParameterLength,
            StatisticsLength = p.StatisticsLength,
            FoldedLength = p.FoldedLength,
            TracksBatches = !frozen,
            FrozenBatchNorm = frozen,
            Stages = [],
            Layers = ["stem", "P3", "P4"],
            Fingerprint = "toy-" + name,
            ArchitectureFingerprint = "toy-architecture-" + name,
        };
    }
}
