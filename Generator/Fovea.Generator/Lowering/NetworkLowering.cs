using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Lowering;

/// <summary>The declared network as unfused primitives: from pixels to the logits and deltas of every level.</summary>
internal static class NetworkLowering
{
    public static ModelGraph Lower(ModelSpec spec)
    {
        var graph = new ModelGraph { DifferentiatesInput = spec.InputGradient };
        var backbone = new ResNetLowering(graph, spec.Backbone).Lower(Math.Min(spec.Pyramid.MaxLevel, 5));
        var pyramid = new PyramidLowering(graph, spec.Pyramid).Lower(backbone);
        new HeadLowering(graph, spec.Head, spec.Pyramid.MinLevel).Lower(pyramid, spec.Anchors.PerCell, spec.Classes);
        return graph;
    }
}
