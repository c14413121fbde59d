using Fovea.Generator.Graph;
using Fovea.Generator.Heads.RetinaNet.Ops;

namespace Fovea.Generator.Heads.RetinaNet;

/// <summary>Appends what turns logits and deltas into detections: candidates of every level, then suppression.</summary>
internal static class RetinaNetDetection
{
    public static void Append(ModelGraph graph, RetinaNetHead head, RetinaNetRules rules)
    {
        var anchors = RetinaNetAnchors.Append(graph, head.Deltas.Shape, rules);
        var block = new Block("detection", "Detection", "candidates of every level, then suppression");
        graph.Blocks.Add(block);
        var (logits, deltas) = (RetinaNetLosses.Import(block, head.Logits), RetinaNetLosses.Import(block, head.Deltas));
        block.Imports[anchors] = "Anchors";
        var candidates = Append(
            graph, block, new SelectCandidates(rules.PostProcessing), [logits, deltas, anchors],
            "Candidates", new CandidatesKind(logits.Shape, rules.TopK));
        var detections = Append(
            graph, block, new SuppressNonMaxima(rules.PostProcessing), [candidates], "Detections", new DetectionsKind(rules.MaxDetections));
        graph.Results.AddRange(
        [
            new("Logits", logits), new("Deltas", deltas), new("Anchors", anchors), new("Candidates", candidates),
            new("Detections", detections),
        ]);
    }

    private static Value Append(ModelGraph graph, Block block, Op op, Value[] inputs, string role, ValueKind kind)
    {
        var node = new Node(op, block);
        node.Inputs.AddRange(inputs);
        graph.Forward.Add(node);
        var value = new Value($"detection.{role.ToLowerInvariant()}", kind, default, block, role) { Producer = node };
        node.Outputs.Add(value);
        return value;
    }
}

/// <summary>Appends the anchors of every level, which loss and detection read: made once for each session.</summary>
internal static class RetinaNetAnchors
{
    /// <param name="deltas">The shape of what refers to them.</param>
    public static Value Append(ModelGraph graph, Shape deltas, RetinaNetRules rules)
    {
        var block = new Block("anchors", "Anchors", "one set for each level");
        graph.Blocks.Add(block);
        var node = new Node(new GenerateAnchors(rules.Anchors), block);
        var anchors = new Value("anchors", new AnchorsKind(rules.PerCell), deltas, block, "Anchors") { Producer = node };
        node.Outputs.Add(anchors);
        graph.Setup.Add(node);
        return anchors;
    }
}
