namespace Fovea.Generator.Graph;

/// <summary>
/// A named group of nodes that becomes one struct of handles, one struct of parameters and one call: layer1.0, the lateral path of P4, the
/// classification head. Blocks whose nodes are the same in kind and shape share one generated method.
/// </summary>
internal sealed class Block(string name, string kind, string title)
{
    /// <summary>As in the state dict where there is one: stem, layer1.0, fpn.P4, P6, classification.</summary>
    public string Name { get; } = name;

    /// <summary>
    /// Names the struct and method: Stem, Bottleneck, ProjectedBottleneck, BasicBlock, Lateral, ExtraLevel, ClassificationTower, …
    /// </summary>
    public string Kind { get; } = kind;

    /// <summary>What a reader sees above the call: "bottleneck 256 → 64 → 256".</summary>
    public string Title { get; } = title;

    /// <summary>
    /// Values made elsewhere that this block's nodes read, under the name that its struct gives them: the block's Input, the level above.
    /// </summary>
    public Dictionary<Value, string> Imports { get; } = [];

    /// <summary>Its row in the architecture table: stem, layer1 … layer4, fpn, heads; empty for what has no cost.</summary>
    public string Stage { get; set; } = "";

    /// <summary>The name of a value in this block's struct; a gradient goes by the name of the value that it belongs to.</summary>
    public string RoleOf(Value value) =>
        Imports.TryGetValue(value, out var role) ? role
        : value.Kind.IsGradient && value.Of is { } of && Imports.TryGetValue(of, out var imported)
            ? imported + value.Role.Substring(of.Role.Length)
        : value.Role;

    /// <summary>Whether this block's struct has a handle for the value.</summary>
    public bool Knows(Value value) =>
        value.Block == this
        || Imports.ContainsKey(value)
        || (value.Kind.IsGradient && value.Of is { } of && Imports.ContainsKey(of));

    public override string ToString() => Name;
}
