namespace Fovea.Generator.Graph;

/// <summary>
/// A head as a module: what it makes of the pyramid, its losses, its decoding, and what of all that is read from outside. Passes, planner,
/// verifier and emitters know this and no head by name. One serves one graph.
/// </summary>
internal interface IHead
{
    /// <summary>What a network with it is called: RetinaNet.</summary>
    string Name { get; }

    /// <summary>
    /// What comes before <c>InferencePlan</c> and <c>TrainingPlan</c> in the names of the runtime's classes that have its results.
    /// </summary>
    string Plans { get; }

    /// <summary>What the operands of its losses are, for a reader of the generated file.</summary>
    string LossRemarks { get; }

    /// <summary>What it makes of the pyramid: where backward begins, and what the last session of a training step may read.</summary>
    IReadOnlyList<Value> Outputs { get; }

    /// <summary>Members of the model's description that only the head knows, with the rules that they show.</summary>
    IEnumerable<(string Member, Rule Rule)> Description { get; }

    /// <summary>The checkpoint's key of the layer whose output channels are the classes, anchor after anchor; empty for none.</summary>
    string ClassLayer { get; }

    /// <summary>What of its declaration decides what the numbers of a checkpoint mean.</summary>
    IEnumerable<(string Name, IReadOnlyList<CodeValue> Values)> Identity { get; }

    /// <summary>Appends its towers to forward.</summary>
    /// <param name="pyramid">The levels from the finest to the coarsest, as one value.</param>
    void Lower(ModelGraph graph, Value pyramid);

    /// <summary>Appends matching and losses, which make the gradients of the outputs, and names what sessions read.</summary>
    void AppendLosses(ModelGraph graph);

    /// <summary>Appends what turns outputs into detections, and names what sessions read.</summary>
    void AppendDetection(ModelGraph graph);
}
