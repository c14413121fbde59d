using Fovea.CompilerServices;

namespace Fovea.Onnx.Network;

/// <summary>A value of a traced network: a map of one level.</summary>
/// <param name="name">Unique in the network.</param>
/// <param name="shape">As on the canvas that was traced; of one image.</param>
internal sealed class NetworkValue(string name, FeatureMap shape)
{
    /// <summary>The layer's, where it is one that taps observe; else of the operator that makes it.</summary>
    public string Name { get; set; } = name;

    /// <summary>H, W and C on the canvas that was traced.</summary>
    public FeatureMap Shape { get; } = shape;
}

/// <summary>An operator of a traced network. Parameters are named by their layer's key in a state dict: <c>backbone.body.conv1</c>.</summary>
/// <param name="Output">What it makes.</param>
internal abstract record NetworkNode(NetworkValue Output);

/// <summary>Output = w·X + b.</summary>
internal sealed record ConvNode(NetworkValue X, string Key, ConvParameters Weights, NetworkValue Output) : NetworkNode(Output);

/// <summary>Output = γ·(X − μ)/√(σ² + ε) + β with running statistics.</summary>
internal sealed record BatchNormNode(NetworkValue X, string Key, NormParameters Norm, NetworkValue Output) : NetworkNode(Output);

/// <summary>The same with the statistics of (H, W, C/groups) of each image.</summary>
internal sealed record GroupNormNode(NetworkValue X, string Key, NormParameters Norm, NetworkValue Output) : NetworkNode(Output);

/// <summary>Output = max(0, X).</summary>
internal sealed record ReluNode(NetworkValue X, NetworkValue Output) : NetworkNode(Output);

/// <summary>Output = A + B.</summary>
internal sealed record AddNode(NetworkValue A, NetworkValue B, NetworkValue Output) : NetworkNode(Output);

/// <summary>3×3 maximum, stride 2, padding 1.</summary>
internal sealed record MaxPoolNode(NetworkValue X, NetworkValue Output) : NetworkNode(Output);

/// <summary>Nearest upsampling of Top to the cells of Like: row i reads row ⌊i·Htop/H⌋.</summary>
internal sealed record UpsampleNode(NetworkValue Top, NetworkValue Like, NetworkValue Output) : NetworkNode(Output);
