using Fovea.Generator.Graph;
using Fovea.Generator.Lowering;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Passes;

/// <summary>
/// The two graphs of a declared model. They are made independently and share no object; blocks, values and parameters of the same name or
/// key are the same thing.
/// </summary>
internal static class GraphBuilder
{
    /// <summary>Detection: every batch norm folded, down to the detections.</summary>
    public static ModelGraph Inference(ModelSpec spec, Action<string, ModelGraph>? observe = null) =>
        PassPipeline.Run(NetworkLowering.Lower(spec), PassPipeline.Inference, observe);

    /// <summary>A training step: forward, losses, backward.</summary>
    public static ModelGraph Training(ModelSpec spec, Action<string, ModelGraph>? observe = null) =>
        PassPipeline.Run(NetworkLowering.Lower(spec), PassPipeline.Training(spec), observe);
}
