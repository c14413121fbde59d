using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>How each convolution is best computed: a hint to the backend, the one table of such choices in the compiler.</summary>
internal static class ChooseAlgorithms
{
    /// <summary>Below this, transforming tiles costs more than it saves.</summary>
    private const int LeastWinogradChannels = 16;

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
