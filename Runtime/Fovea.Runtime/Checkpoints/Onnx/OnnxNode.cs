namespace Fovea.Checkpoints.Onnx;

/// <summary>An attribute of a node, as far as networks of convolutions have them.</summary>
/// <param name="Integer">Of an integer.</param>
/// <param name="Single">Of a number.</param>
/// <param name="Text">Of text.</param>
/// <param name="Integers">Of a list of integers.</param>
/// <param name="Tensor">Of a tensor.</param>
internal sealed record OnnxAttribute(long Integer, float Single, string Text, long[] Integers, OnnxTensor? Tensor);

/// <summary>A node of an ONNX graph.</summary>
/// <param name="Name">Where the file gives it; else its first output.</param>
/// <param name="Operator">What it computes; of another domain than ONNX's with the domain before it.</param>
/// <param name="Inputs">Names of values; empty for one that is left out.</param>
/// <param name="Outputs">Names of values.</param>
/// <param name="Attributes">By name.</param>
internal sealed record OnnxNode(
    string Name, string Operator, string[] Inputs, string[] Outputs, IReadOnlyDictionary<string, OnnxAttribute> Attributes)
{
    /// <summary>How messages call it.</summary>
    public override string ToString() => CheckpointException.Shorten($"node {Name} ({Operator})", 120);

    public long Integer(string attribute, long otherwise) => Attributes.TryGetValue(attribute, out var found) ? found.Integer : otherwise;

    public float Single(string attribute, float otherwise) => Attributes.TryGetValue(attribute, out var found) ? found.Single : otherwise;

    public string Text(string attribute) => Attributes.TryGetValue(attribute, out var found) ? found.Text : "";

    public long[] Integers(string attribute) => Attributes.TryGetValue(attribute, out var found) ? found.Integers : [];
}
