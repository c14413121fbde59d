namespace Fovea.Generator.Graph;

/// <summary>What a value is, which decides its handle type and how long it lives.</summary>
internal enum ValueKind
{
    /// <summary>A feature map computed by forward: handle <c>FeatureMap</c>.</summary>
    Activation,

    /// <summary>The gradient of one: handle <c>FeatureMap</c>.</summary>
    Gradient,

    /// <summary>Saved statistics of a norm: handle <c>NormStatisticsMap</c>.</summary>
    NormStatistics,

    /// <summary>The pixels: handle <c>FeatureMap</c>, written by the host.</summary>
    Input,

    /// <summary>Anchors of a level: handle <c>AnchorMap</c>, written once.</summary>
    Anchors,

    /// <summary>Matches of a level: handle <c>MatchMap</c>.</summary>
    Matches,

    /// <summary>The batch's ground truth: handle <c>GroundTruthMap</c>, written by the host.</summary>
    GroundTruth,

    /// <summary>A scalar: handle <c>LossTerm</c>.</summary>
    Loss,

    /// <summary>Handle <c>CandidateMap</c>.</summary>
    Candidates,

    /// <summary>Handle <c>DetectionMap</c>.</summary>
    Detections,
}

/// <summary>
/// A value of the graph, in single-assignment form: one node makes it, any number read it. An in-place operator makes a new value that may
/// share its source's slot.
/// </summary>
internal sealed class Value(string name, ValueKind kind, Shape shape, Block block, string role)
{
    /// <summary>Unique in the graph: <c>layer1.0.reduced</c>, <c>d(layer1.0.reduced)</c>.</summary>
    public string Name { get; } = name;

    public ValueKind Kind { get; } = kind;

    /// <summary>
    /// For <see cref="ValueKind.NormStatistics"/> of a group norm, <see cref="Count"/> is per image; for other kinds the shape is the
    /// level's.
    /// </summary>
    public Shape Shape { get; } = shape;

    /// <summary>The block whose struct holds the handle.</summary>
    public Block Block { get; } = block;

    /// <summary>The handle's name in that struct: Input, Reduced, Spatial, Output.</summary>
    public string Role { get; } = role;

    /// <summary>The node that makes it; null for what the host writes.</summary>
    public Node? Producer { get; set; }

    /// <summary>
    /// Elements for each image, or in all, of a value that is no feature map (statistics: channels, or groups for each image).
    /// </summary>
    public int Count { get; set; }

    /// <summary>
    /// Name under which sessions may observe it, or null (see <see cref="TapAlias"/>). A tappable value is neither fused away nor aliased
    /// before it is complete.
    /// </summary>
    public string? Tap { get; set; }

    /// <summary>A second name for the same: C2 … C5 for the last block of a stage.</summary>
    public string? TapAlias { get; set; }

    /// <summary>For a gradient: the value it belongs to.</summary>
    public Value? Of { get; set; }

    /// <summary>
    /// The value whose slot this one must take over, always: the same gradient before this contribution or before its mask. Both bear one
    /// role, so that the generated code names one handle; the verifier sees to it that nobody reads the old one afterwards.
    /// </summary>
    public Value? Continues { get; set; }

    /// <summary>Whether <see cref="Count"/> is for each image.</summary>
    public bool CountsPerImage { get; set; }

    public override string ToString() => Name;
}
