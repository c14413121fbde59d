namespace Fovea.Generator.Graph;

/// <summary>
/// One operator applied: what it reads, in the order in which the generated call names it, what parameters it uses, what it writes.
/// </summary>
internal sealed class Node(Op op, Block block)
{
    public Op Op { get; set; } = op;

    public Block Block { get; } = block;

    public List<Value> Inputs { get; } = [];

    /// <summary>The operator's own first; of a convolution its weights, then the norm that is folded into them.</summary>
    public List<Parameter> Parameters { get; } = [];

    public List<Value> Outputs { get; } = [];

    public Value Output => Outputs[0];

    /// <summary>The convolution that this node uses (its first parameter).</summary>
    public ConvWeights Weights => (ConvWeights)Parameters[0];

    /// <summary>The norm that this node uses (its first parameter).</summary>
    public NormWeights NormWeights => (NormWeights)Parameters[0];

    /// <summary>Replaces operator and inputs by what a fused form wants.</summary>
    public void Become(Rewrite rewrite)
    {
        Op = rewrite.Op;
        Inputs.Clear();
        Inputs.AddRange(rewrite.Inputs);
    }

    public override string ToString() => $"{Op.Name} {string.Join(", ", Inputs)} -> {string.Join(", ", Outputs)}";
}

/// <summary>What a node becomes when something is fused into it: the operator, and what it then reads.</summary>
internal sealed record Rewrite(Op Op, IReadOnlyList<Value> Inputs);
