namespace Fovea.Generator.Graph;

/// <summary>
/// The network as operators on values: mutable and rich, it lives inside one step of the pipeline. Lowering makes it, passes rewrite it,
/// planner and emitters read it.
/// </summary>
internal sealed class ModelGraph
{
    /// <summary>What runs once for each session: anchors.</summary>
    public List<Node> Setup { get; } = [];

    /// <summary>In order of execution. For detection this includes decoding; for training it ends with logits and deltas.</summary>
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

    /// <summary>What the host writes: the input, the ground truth.</summary>
    public List<Value> Sources { get; } = [];

    /// <summary>One entry for each pyramid level, finest first.</summary>
    public List<LevelOutput> Levels { get; } = [];

    /// <summary>Values on which something trainable has an influence: only these get gradients. Filled before differentiation.</summary>
    public HashSet<Value> Trained { get; } = [];

    /// <summary>Whether the pixels get a gradient, too.</summary>
    public bool DifferentiatesInput { get; set; }

    /// <summary>The gradient of the pixels, where the model declares it (training only).</summary>
    public Value? InputGradient { get; set; }

    /// <summary>The candidates before suppression (detection only).</summary>
    public Value? Candidates { get; set; }

    /// <summary>What remains after suppression (detection only).</summary>
    public Value? Detections { get; set; }

    public IEnumerable<Node> AllNodes => Setup.Concat(Fold).Concat(Forward).Concat(Loss).Concat(Backward);
}

/// <summary>What the heads make of one level.</summary>
internal sealed class LevelOutput(int level, Value logits, Value deltas)
{
    public int Level { get; } = level;

    public Value Logits { get; } = logits;

    public Value Deltas { get; } = deltas;

    public Value? Anchors { get; set; }

    public Value? Matches { get; set; }

    public Value? ClassificationLoss { get; set; }

    public Value? BoxLoss { get; set; }
}
