namespace Fovea.Generator.Graph;

/// <summary>An argument of a generated call.</summary>
internal abstract record Operand
{
    /// <summary>A handle to a value: <c>b.Reduced</c>, <c>g.Reduced</c>.</summary>
    public sealed record Handle(Value Value, string? Label = null) : Operand;

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

    /// <summary>One handle for each level, as a span: <c>[a.P3, a.P4]</c>.</summary>
    public sealed record HandleList(Spec.EquatableArray<Value> Values) : Operand;
}

/// <summary>What an operator knows about a parameter that is no part of the stored tensors, but of the handle: geometry, ε, groups.</summary>
internal abstract record ParameterUse;
