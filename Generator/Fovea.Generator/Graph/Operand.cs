namespace Fovea.Generator.Graph;

/// <summary>An argument of a generated call.</summary>
internal abstract record Operand
{
    /// <summary>A handle to a value: <c>b.Reduced</c>, <c>g.Reduced</c>; with a label, <c>mask: b.Input</c>.</summary>
    /// <param name="Note">
    /// What a labelled operand does, for a reader: <c>· [{value} &gt; 0], ReLU of {maker}</c>, <c>+ {source}</c>. <c>{value}</c> is what
    /// the value is called, <c>{maker}</c> and <c>{source}</c> are the block that made it: where a line serves several blocks, "the block
    /// before", and what kind of block it is. Such operands come last, in the order in which they act.
    /// </param>
    public sealed record Handle(Value Value, string? Label = null, string? Note = null) : Operand
    {
        /// <summary>
        /// What a gradient is added to: what passes a sum unchanged (a shortcut), a convolution of the same block, or another block's
        /// gradient.
        /// </summary>
        public static Handle Accumulate(Node node, Value sum)
        {
            var maker = sum.Producer is { Parameters.Count: > 0 } producer && producer.Block == node.Block ? producer : null;
            var own = maker?.Parameters[0].Role;
            var summand = sum.Of != node.Output.Of ? "shortcut" : own?.ToLowerInvariant() ?? "{source}";
            return new(sum, "accumulate", $"+ {summand}");
        }

        /// <summary>
        /// Where what a gradient is masked by is positive: the ReLU is the block's own, or that of the block whose output it is.
        /// </summary>
        public static Handle Mask(Node node, Value mask) =>
            new(mask, "mask", "· [{value} > 0]" + (mask.Block == node.Block ? "" : ", ReLU of {maker}"));
    }

    /// <summary>A handle to a parameter: <c>p.Conv1</c>.</summary>
    /// <param name="Folded">The copy with a norm folded in.</param>
    /// <param name="Use">What the operator's own facts add to the handle; null: nothing that another use would not say.</param>
    public sealed record Weights(Parameter Parameter, bool Folded = false, ParameterUse? Use = null) : Operand;

    /// <summary>
    /// A handle to a parameter's gradient: <c>d.Conv1</c>, or <c>d.Conv1.Accumulating</c> for a later use of shared weights.
    /// </summary>
    /// <param name="FoldedNorm">
    /// The norm that is folded into a convolution: the bias slot of the convolution's handle <em>is</em> the shift slot of the norm's, and
    /// −1 where the norm is frozen.
    /// </param>
    public sealed record WeightGradient(Parameter Parameter, bool Accumulate = false, Parameter? FoldedNorm = null) : Operand;

    /// <summary>A constant: an expression that is always there, or a rule that the program defines: <c>Rules.Focal</c>.</summary>
    /// <param name="Definition">What the program must define for the expression to mean something.</param>
    public sealed record Constant(string Expression, Rule? Definition = null) : Operand
    {
        public static Constant Of(Rule rule) => new("Rules." + rule.Name, rule);
    }

    /// <summary>
    /// A rule that a call may change: the plan holds it, and its first value is the program's constant. <c>v.PostProcessing</c>.
    /// </summary>
    public sealed record PlanRule(Rule Definition) : Operand;
}

/// <summary>
/// What an operator knows about a parameter that is no part of the stored tensors, but of the handle: geometry, ε, groups.
/// </summary>
internal abstract record ParameterUse;
