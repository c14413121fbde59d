namespace Fovea.Generator.Graph;

/// <summary>
/// One operator applied: what it reads, in the order in which the generated call names it, what parameters it uses, what it writes.
/// </summary>
internal sealed class Node(Op op, Block block)
{
    public Op Op { get; set; } = op;

    public Block Block { get; } = block;

    public List<Value> Inputs { get; } = [];

    public List<Parameter> Parameters { get; } = [];

    public List<Value> Outputs { get; } = [];

    public Value Output => Outputs[0];

    /// <summary>The convolution that this node uses (its first parameter).</summary>
    public ConvWeights Weights => (ConvWeights)Parameters[0];

    /// <summary>The norm that this node uses (its first parameter).</summary>
    public NormWeights NormWeights => (NormWeights)Parameters[0];

    public override string ToString() => $"{Op.Name} {string.Join(", ", Inputs)} -> {string.Join(", ", Outputs)}";
}

/// <summary>An argument of a generated call.</summary>
internal abstract record Operand
{
    /// <summary>A handle to a value: <c>b.Reduced</c>, <c>g.Reduced</c>; with a label, <c>mask: b.Input</c>.</summary>
    /// <param name="Note">
    /// What a labelled operand does, for a reader: <c>· [{value} &gt; 0], ReLU of {maker}</c>, <c>+ {source}</c>. <c>{value}</c> is what
    /// the value is called, <c>{maker}</c> and <c>{source}</c> are the block that made it: where a line serves several blocks, "the block
    /// before", and what kind of block it is. Such operands come last, in the order in which they act.
    /// </param>
    public sealed record Handle(Value Value, string? Label = null, string? Note = null) : Operand;

    /// <summary>A handle to a parameter: <c>p.Conv1</c>.</summary>
    public sealed record Weights(Parameter Parameter, bool Folded = false) : Operand;

    /// <summary>
    /// A handle to a parameter's gradient: <c>d.Conv1</c>, or <c>d.Conv1.Accumulating</c> for a later use of shared weights. Where a
    /// trained norm is folded into a convolution, the bias slot of the convolution's handle <em>is</em> the shift slot of the norm's; where
    /// a frozen one is, it is −1.
    /// </summary>
    public sealed record WeightGradient(Parameter Parameter, bool Accumulate = false) : Operand;

    /// <summary>A generated constant of the model: <c>Rules.Focal</c>.</summary>
    public sealed record Constant(string Expression) : Operand;

    /// <summary>What the plan holds beside handles: a rule that a call may have changed.</summary>
    public sealed record PlanMember(string Name) : Operand;

    /// <summary>One handle for each level, as a span: <c>[a.P3, a.P4]</c>.</summary>
    public sealed record HandleList(Spec.EquatableArray<Value> Values) : Operand;
}
