using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Lowering;

/// <summary>The declared network as unfused primitives: from pixels to what the head makes of the pyramid.</summary>
internal static class NetworkLowering
{
    /// <param name="parts">What is chosen, not built in.</param>
    public static ModelGraph Lower(ModelSpec spec, NetworkParts parts, CancellationToken cancellation = default)
    {
        var graph = new ModelGraph { Activation = parts.Activation, Head = parts.Head(spec), DifferentiatesInput = spec.InputGradient };
        var backbone = new ResNetLowering(graph, spec.Backbone, cancellation).Lower(Math.Min(spec.Pyramid.MaxLevel, 5));
        graph.Results.Add(new("Input", graph.Input));
        var pyramid = new PyramidLowering(graph, spec.Pyramid).Lower(backbone);
        graph.Head.Lower(graph, pyramid);
        return graph;
    }
}
