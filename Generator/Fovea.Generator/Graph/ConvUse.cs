using System.Globalization;

namespace Fovea.Generator.Graph;

/// <summary>Where the taps of a convolution lie.</summary>
/// <param name="Kernel">Rows and columns of taps.</param>
/// <param name="Stride">Cells of the input between neighbours of the output.</param>
/// <param name="Padding">Zeros around the input.</param>
/// <param name="Groups">Independent parts of the channels.</param>
internal sealed record ConvGeometry(int Kernel, int Stride, int Padding, int Groups)
{
    /// <summary>"Same" padding: ⌈H/stride⌉ rows.</summary>
    public static ConvGeometry Same(int kernel, int stride = 1, int groups = 1) => new(kernel, stride, kernel / 2, groups);

    /// <summary>"3×3/2", for a reader.</summary>
    public override string ToString()
    {
        var stride = Stride == 1 ? "" : $"/{Stride}";
        var groups = Groups == 1 ? "" : $" in {Groups} groups";
        return $"{Kernel}×{Kernel}{stride}{groups}";
    }
}

/// <summary>How it is computed: the members of the runtime's <c>ConvAlgorithm</c>.</summary>
internal enum ConvAlgorithm
{
    /// <summary>The general one.</summary>
    IndirectGemm,

    /// <summary>A 1×1 convolution with stride 1 is one matrix product.</summary>
    Gemm,

    /// <summary>F(4×4, 3×3).</summary>
    Winograd4,

    Grouped,
}

/// <summary>What a convolution adds to the handle of its weights.</summary>
internal sealed record ConvUse(ConvGeometry Geometry, ConvAlgorithm Algorithm) : ParameterUse
{
    /// <summary>"3×3/2 in 32 groups", for a reader.</summary>
    public override string ToString() => Geometry.ToString();

    /// <summary>"w[64,3,3,64] s1 p1 g32 folded gemm", for listings; the general algorithm goes without saying.</summary>
    public string Describe(Node node)
    {
        var w = node.Weights;
        var groups = Geometry.Groups == 1 ? "" : $" g{Geometry.Groups}";
        var bias = node.Parameters.Count > 1 ? " folded" : w.HasBias ? " bias" : "";
        var algorithm = Algorithm is ConvAlgorithm.IndirectGemm or ConvAlgorithm.Grouped
            ? "" : " " + Algorithm.ToString().ToLower(CultureInfo.InvariantCulture);
        var shape = $"w[{w.OutChannels},{w.Kernel},{w.Kernel},{w.GroupChannels}]";
        return $"{shape} s{Geometry.Stride} p{Geometry.Padding}{groups}{bias}{algorithm}";
    }

    /// <summary>The weights as forward and backward-data read them: folded where a norm is folded in.</summary>
    public Operand Weights(Node node) => new Operand.Weights(node.Weights, Folded: node.Parameters.Count > 1, this);
}
