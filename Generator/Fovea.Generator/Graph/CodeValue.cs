namespace Fovea.Generator.Graph;

/// <summary>A constant of the program as a tree: what is said, not how it is written.</summary>
internal abstract record CodeValue
{
    public static implicit operator CodeValue(double value) => new Number(value);

    public static implicit operator CodeValue(int value) => new Integer(value);

    public static implicit operator CodeValue(bool value) => new Truth(value);

    /// <summary>Single precision in the program.</summary>
    public sealed record Number(double Value) : CodeValue;

    public sealed record Integer(int Value) : CodeValue;

    public sealed record Truth(bool Value) : CodeValue;

    /// <summary>A member of an enum: <c>BoxLossKind.GIoU</c>.</summary>
    public sealed record Member(string Expression) : CodeValue;

    /// <summary>The element of the statistics that holds a state of the model (see <see cref="ModelGraph.States"/>).</summary>
    public sealed record State(string Name) : CodeValue;

    public sealed record Numbers(Spec.EquatableArray<double> Values) : CodeValue;

    /// <summary>Arguments of a constructor; without a name: by position.</summary>
    public sealed record Object(params (string Name, CodeValue Value)[] Arguments) : CodeValue;

    /// <summary>A call of a maker, with named arguments.</summary>
    public sealed record Call(string Method, params (string Name, CodeValue Value)[] Arguments) : CodeValue;

    /// <summary>An array of objects.</summary>
    public sealed record List(IReadOnlyList<Object> Items) : CodeValue;
}
