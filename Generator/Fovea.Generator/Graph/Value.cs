namespace Fovea.Generator.Graph;

/// <summary>One level of a pyramid's memory.</summary>
internal sealed record View(Value Whole, int Level);

/// <summary>A name under which sessions may observe a value; of a pyramid one of its levels.</summary>
internal sealed record Tap(string Name, int Level = 0);

/// <summary>
/// A value of the graph, in single-assignment form: one node makes it, any number read it. An in-place operator makes a new value that may
/// share its source's slot.
/// </summary>
internal sealed class Value(string name, ValueKind kind, Shape shape, Block block, string role)
{
    /// <summary>Unique in the graph: <c>layer1.0.reduced</c>, <c>d(layer1.0.reduced)</c>.</summary>
    public string Name { get; } = name;

    public ValueKind Kind { get; } = kind;

    public ElementType Element => Kind.Element;

    /// <summary>Of records that follow a map (anchors): that map's.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>The block whose struct holds the handle.</summary>
    public Block Block { get; } = block;

    /// <summary>The handle's name in that struct: Input, Reduced, Spatial, Output.</summary>
    public string Role { get; } = role;

    /// <summary>The node that makes it; null for what the host writes.</summary>
    public Node? Producer { get; set; }

    /// <summary>
    /// Names under which sessions may observe it. A tappable value is neither fused away nor aliased before it is complete.
    /// </summary>
    public List<Tap> Taps { get; } = [];

    public bool IsTapped => Taps.Count > 0;

    /// <summary>For a gradient: the value it belongs to.</summary>
    public Value? Of { get; set; }

    /// <summary>
    /// The value whose slot this one must take over, always: the same gradient before this contribution or before its mask. Both bear one
    /// role, so that the generated code names one handle; the verifier sees to it that nobody reads the old one afterwards.
    /// </summary>
    public Value? Continues { get; set; }

    /// <summary>Where it lies inside another value's memory, or null.</summary>
    public View? View { get; set; }

    public override string ToString() => Name;
}
