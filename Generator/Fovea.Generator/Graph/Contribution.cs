namespace Fovea.Generator.Graph;

/// <summary>
/// One summand of a gradient, as a rule of calculus states it: made by an operator from some values, or a gradient that is there already.
/// Who sums them up is not the rule's business.
/// </summary>
internal sealed record Contribution
{
    private Contribution(Op? op, IReadOnlyList<Value> inputs, IReadOnlyList<Parameter> parameters)
    {
        Op = op;
        Inputs = inputs;
        Parameters = parameters;
    }

    /// <summary>Null where <see cref="Inputs"/>' one value is the contribution itself.</summary>
    public Op? Op { get; }

    public IReadOnlyList<Value> Inputs { get; }

    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The value whose gradient it is part of; null for one to parameters alone.</summary>
    public Value? Value { get; private init; }

    /// <summary>The parameter whose gradient it is part of; null for one to a value.</summary>
    public Parameter? Parameter { get; private init; }

    /// <summary>dv = op(inputs). The operator may make parameters' gradients on the way.</summary>
    public static Contribution To(Value v, Op op, IReadOnlyList<Value> inputs, IReadOnlyList<Parameter>? parameters = null) =>
        new(op, inputs, parameters ?? []) { Value = v };

    /// <summary>dv = gradient: no copy, both are the same value.</summary>
    public static Contribution To(Value v, Value gradient) => new(null, [gradient], []) { Value = v };

    /// <summary>dp = op(inputs); what the operator makes of other parameters is told by <see cref="Op.ParameterGradients"/>.</summary>
    public static Contribution To(Parameter p, Op op, IReadOnlyList<Value> inputs, IReadOnlyList<Parameter> parameters) =>
        new(op, inputs, parameters) { Parameter = p };
}
