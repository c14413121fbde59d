using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Passes;

/// <summary>A ReLU becomes the epilogue of the convolution or norm before it, unless someone else reads what it reads.</summary>
internal static class FuseRelus
{
    public static void Run(ModelGraph graph)
    {
        var uses = new Uses(graph.Forward);
        var gone = new HashSet<Node>();
        foreach (var relu in graph.Forward)
        {
            if (relu.Op is not Relu
                || relu.Inputs[0].Producer is not { } before
                || !uses.IsOnlyFor(before.Output, relu)
                || WithRelu(before.Op) is not { } fused)
            {
                continue;
            }

            before.Op = fused;
            before.Outputs[0] = relu.Output;
            relu.Output.Producer = before;
            gone.Add(relu);
        }

        graph.Forward.RemoveAll(gone.Contains);
    }

    private static Op? WithRelu(Op op) => op switch
    {
        Conv { Epilogue: ConvEpilogue.None } => new Conv(ConvEpilogue.Relu),
        Conv { Epilogue: ConvEpilogue.Add } => new Conv(ConvEpilogue.AddRelu),
        Norm { Epilogue: NormEpilogue.None } => new Norm(NormEpilogue.Relu),
        _ => null,
    };
}
