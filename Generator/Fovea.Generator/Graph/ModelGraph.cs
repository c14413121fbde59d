namespace Fovea.Generator.Graph;

/// <summary>
/// The network as operators on values: mutable and rich, it lives inside one step of the pipeline. Lowering makes it, passes rewrite it,
/// planner and emitters read it.
/// </summary>
internal sealed class ModelGraph
{
    /// <summary>What runs once for each session: anchors.</summary>
    public List<Node> Setup { get; } = [];

    /// <summary>In order of execution. For detection this includes decoding; for training it ends with the heads' outputs.</summary>
    public List<Node> Forward { get; } = [];

    /// <summary>Matching and losses (training only).</summary>
    public List<Node> Loss { get; } = [];

    /// <summary>In order of execution, last block first (training only; filled by differentiation).</summary>
    public List<Node> Backward { get; } = [];

    /// <summary>
    /// Folding of norms into weights, in the order of forward; runs before forward whenever parameters or running statistics have changed.
    /// </summary>
    public List<Node> Fold { get; } = [];

    /// <summary>In the order of forward.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>Every parameter, in torchvision's state_dict order.</summary>
    public List<Parameter> Parameters { get; } = [];

    /// <summary>
    /// Names of the numbers beside the parameters that a model moves while it trains: one element of the statistics each.
    /// </summary>
    public List<string> States { get; } = [];

    /// <summary>What the host writes: the input, the ground truth.</summary>
    public List<Value> Sources { get; } = [];

    /// <summary>Makes the network's activation.</summary>
    public required Func<Op> Activation { get; init; }

    /// <summary>What the heads make of the pyramid.</summary>
    public required IHead Head { get; init; }

    /// <summary>What is read from outside, under the names of the plan's members, in their order.</summary>
    public List<Result> Results { get; } = [];

    /// <summary>Values on which something trainable has an influence: only these get gradients. Filled before differentiation.</summary>
    public HashSet<Value> Trained { get; } = [];

    /// <summary>The pixels.</summary>
    public Value Input => Sources[0];

    /// <summary>Whether the pixels get a gradient, too.</summary>
    public bool DifferentiatesInput { get; set; }

    /// <summary>What a session executes and memory is planned for, in this order.</summary>
    public IEnumerable<Node> Executed => Forward.Concat(Loss).Concat(Backward);

    public IEnumerable<Node> AllNodes => Setup.Concat(Fold).Concat(Executed);
}

/// <summary>A value that is read from outside: sessions find it in the plan.</summary>
/// <param name="Name">The member of the runtime's plan: Logits, Detections.</param>
internal sealed record Result(string Name, Value Value);
