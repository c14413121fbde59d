using Fovea.Generator.Graph;
using Fovea.Generator.Lowering;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Passes;

/// <summary>A named rewriting of the graph.</summary>
internal sealed record Pass(string Name, Action<ModelGraph> Run);

/// <summary>The order of the passes, and the verifier between them.</summary>
internal static class PassPipeline
{
    /// <summary>From primitives to detections.</summary>
    public static IReadOnlyList<Pass> Inference { get; } =
    [
        new("fold norms", graph => FoldNorms.Run(graph, _ => true)),
        .. Fusion,
        new("append detection", DetectLowering.Lower),
        new("drop dead values", DropDeadValues.Run),
        new("choose algorithms", ChooseAlgorithms.Run),
    ];

    // The top-down path first: its sum must not be taken for a residual one. Sums before ReLUs: a ReLU joins what the sum has joined.
    private static Pass[] Fusion =>
    [
        new("fuse top-down paths", FuseTopDownPaths.Run),
        new("fuse sums", FuseSums.Run),
        new("fuse relus", FuseRelus.Run),
    ];

    /// <summary>From primitives to the gradients of all trainable parameters.</summary>
    public static IReadOnlyList<Pass> Training(ModelSpec spec) =>
    [
        new("fold norms", graph => FoldNorms.Run(
            graph, norm => norm.Kind == NormKind.FrozenBatchNorm || spec.Backbone.Statistics == NormStatisticsKind.Running)),
        .. Fusion,
        new("append losses", LossLowering.Lower),
        new("cut frozen gradients", graph => MarkTrained.Run(graph, spec.InputGradient)),
        new("differentiate", Differentiate.Run),
        new("fuse relu masks", FuseReluMasks.Run),
        new("drop dead values", DropDeadValues.Run),
        new("choose algorithms", ChooseAlgorithms.Run),
    ];

    /// <summary>Runs the passes in order.</summary>
    /// <param name="observe">Sees the name of each stage and the graph after it.</param>
    public static ModelGraph Run(ModelGraph graph, IReadOnlyList<Pass> passes, Action<string, ModelGraph>? observe = null)
    {
        GraphVerifier.Verify(graph, "lower");
        observe?.Invoke("lower", graph);
        foreach (var pass in passes)
        {
            pass.Run(graph);
            GraphVerifier.Verify(graph, pass.Name);
            observe?.Invoke(pass.Name, graph);
        }

        return graph;
    }
}
