using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
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
    /// <param name="observe">Sees the name of each stage and the graph after it.</param>
    public static ModelGraph Inference(
        ModelSpec spec, NetworkParts? parts = null, Action<string, ModelGraph>? observe = null, CancellationToken cancellation = default) =>
        PassPipeline.Run(Lower(spec, parts, cancellation), PassPipeline.Inference, observe, cancellation);

    /// <summary>A training step: forward, losses, backward.</summary>
    /// <param name="observe">Sees the name of each stage and the graph after it.</param>
    public static ModelGraph Training(
        ModelSpec spec, NetworkParts? parts = null, Action<string, ModelGraph>? observe = null, CancellationToken cancellation = default) =>
        PassPipeline.Run(Lower(spec, parts, cancellation), PassPipeline.Training(spec), observe, cancellation);

    private static ModelGraph Lower(ModelSpec spec, NetworkParts? parts, CancellationToken cancellation) =>
        NetworkLowering.Lower(spec, parts ?? HeadTable.Default.Of(spec).Network, cancellation);
}
