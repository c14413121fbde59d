using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>How each convolution is best computed: a hint to the backend, the one table of such choices in the compiler.</summary>
internal static class ChooseAlgorithms
{
    /// <summary>
    /// Below this, transforming tiles saves little, and its rounding (about ten times a direct sum's) is enough to turn the sign in front of a ReLU now and then:
    /// narrow models keep torchvision's gradients to the last digits instead.
    /// </summary>
    private const int LeastWinogradChannels = 128;

    public static void Run(ModelGraph graph)
    {
        foreach (var parameter in graph.Parameters)
        {
            if (parameter is ConvWeights w)
            {
                w.Algorithm = Choose(w);
            }
        }
    }

    private static string Choose(ConvWeights w) => w switch
    {
        { Groups: > 1 } => "Grouped",
        { Kernel: 1, Stride: 1 } => "Gemm",
        { Kernel: 3, Stride: 1, InChannels: >= LeastWinogradChannels, OutChannels: >= LeastWinogradChannels } => "Winograd4",
        _ => "IndirectGemm",
    };
}
