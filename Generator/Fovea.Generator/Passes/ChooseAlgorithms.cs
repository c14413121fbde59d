using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Passes;

/// <summary>How each convolution is best computed: a hint to the backend, the one table of such choices in the compiler.</summary>
internal static class ChooseAlgorithms
{
    /// <summary>
    /// Below this, transforming tiles saves little, and its rounding (about ten times a direct sum's) is enough to turn the sign in front
    /// of a ReLU now and then: narrow models keep torchvision's gradients to the last digits instead.
    /// </summary>
    private const int LeastWinogradChannels = 128;

    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        foreach (var node in graph.Executed)
        {
            cancellation.ThrowIfCancellationRequested();
            if (node.Op is IConvolution convolution)
            {
                node.Op = convolution.With(Choose(convolution.Use.Geometry, node.Weights));
            }
        }
    }

    private static ConvAlgorithm Choose(ConvGeometry geometry, ConvWeights w) => geometry switch
    {
        { Groups: > 1 } => ConvAlgorithm.Grouped,
        { Kernel: 1, Stride: 1 } => ConvAlgorithm.Gemm,
        { Kernel: 3, Stride: 1 } when Math.Min(w.GroupChannels, w.OutChannels) >= LeastWinogradChannels => ConvAlgorithm.Winograd4,
        _ => ConvAlgorithm.IndirectGemm,
    };
}
