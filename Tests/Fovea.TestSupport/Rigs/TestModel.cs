using Fovea.CompilerServices;

namespace Fovea.TestSupport;

/// <summary>Descriptions of models that consist of their buffers and nothing else.</summary>
internal static class TestModel
{
    public static ModelDescription Describe(
        int trainable = 0, int frozen = 0, int statistics = 0, int folded = 0, params TensorInfo[] tensors) => new()
        {
            Name = "Test",
            Backbone = "None",
            Preset = "None",
            ClassNames = ["thing"],
            MinLevel = 3,
            MaxLevel = 7,
            AnchorsPerCell = 1,
            InputSizes = [],
            Resize = null,
            Pixels = new PixelNormalization([0, 0, 0], [1, 1, 1], false, 1),
            Anchors = [],
            PostProcessing = new PostProcessingRule(1),
            Matching = new MatchingRule(),
            Tensors = tensors,
            TrainableLength = trainable,
            ParameterLength = trainable + frozen,
            StatisticsLength = statistics,
            FoldedLength = folded,
            TracksBatches = false,
            FrozenBatchNorm = false,
            Stages = [],
            ClassLayer = "",
            Layers = [],
            Fingerprint = "test",
            ArchitectureFingerprint = "test",
        };
}
