using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Passes;

/// <summary>A named rewriting of the graph. It looks at the token at every node that it visits; what a head appends is a handful of nodes.</summary>
internal sealed record Pass(string Name, Action<ModelGraph, CancellationToken> Run);

/// <summary>The order of the passes, and the verifier between them.</summary>
internal static class PassPipeline
{
    /// <summary>From primitives to detections.</summary>
    public static IReadOnlyList<Pass> Inference { get; } =
    [
        new("fold norms", (graph, cancellation) => FoldNorms.Run(graph, _ => true, cancellation)),
        .. Fusion,
        new("append detection", (graph, _) => graph.Head.AppendDetection(graph)),
        new("drop dead values", DropDeadValues.Run),
        new("choose algorithms", ChooseAlgorithms.Run),
    ];

    // The top-down path first: its sum must not be taken for a residual one. Sums before activations: a ReLU joins what the sum has joined.
    private static Pass[] Fusion =>
    [
        new("fuse top-down paths", FuseTopDownPaths.Run),
        new("fuse sums", FuseSums.Run),
        new("fuse activations", FuseActivations.Run),
    ];

    /// <summary>From primitives to the gradients of all trainable parameters.</summary>
    public static IReadOnlyList<Pass> Training(ModelSpec spec) =>
    [
        new("fold norms", (graph, cancellation) => FoldNorms.Run(
            graph, norm => norm.Kind == NormKind.FrozenBatchNorm || spec.Backbone.Statistics == NormStatisticsKind.Running, cancellation)),
        .. Fusion,
        new("append losses", (graph, _) => graph.Head.AppendLosses(graph)),
        new("cut frozen gradients", MarkTrained.Run),

        // Calculus first, then what backends do at once: a mask joins a call that has taken its sum in.
        new("differentiate", Differentiate.Run),
        new("join gradients", JoinGradients.Run),
        new("fuse accumulations", FuseAccumulations.Run),
        new("fuse relu masks", FuseReluMasks.Run),
        new("drop dead values", DropDeadValues.Run),
        new("choose algorithms", ChooseAlgorithms.Run),
    ];

    /// <summary>Runs the passes in order.</summary>
    /// <param name="observe">Sees the name of each stage and the graph after it.</param>
    public static ModelGraph Run(
        ModelGraph graph, IReadOnlyList<Pass> passes, Action<string, ModelGraph>? observe = null, CancellationToken cancellation = default)
    {
        GraphVerifier.Verify(graph, "lower", cancellation);
        observe?.Invoke("lower", graph);
        foreach (var pass in passes)
        {
            pass.Run(graph, cancellation);
            GraphVerifier.Verify(graph, pass.Name, cancellation);
            observe?.Invoke(pass.Name, graph);
        }

        return graph;
    }
}
