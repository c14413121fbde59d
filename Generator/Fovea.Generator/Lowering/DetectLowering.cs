using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Lowering;

/// <summary>Appends what turns logits and deltas into detections: candidates level by level, then suppression.</summary>
internal static class DetectLowering
{
    public static void Lower(ModelGraph graph)
    {
        AnchorLowering.Lower(graph);
        var block = new Block("detection", "Detection", "candidates of every level, then suppression");
        graph.Blocks.Add(block);
        var clear = Append(graph, block, new ClearCandidates(), []);
        graph.Candidates = Output(clear, "Candidates", ValueKind.Candidates);
        foreach (var level in graph.Levels)
        {
            block.Imports[level.Logits] = $"LogitsP{level.Level}";
            block.Imports[level.Deltas] = $"DeltasP{level.Level}";
            block.Imports[level.Anchors!] = $"AnchorsP{level.Level}";
            Append(graph, block, new SelectCandidates(), [level.Logits, level.Deltas, level.Anchors!, graph.Candidates]);
        }

        var suppress = Append(graph, block, new SuppressNonMaxima(), [graph.Candidates]);
        graph.Detections = Output(suppress, "Detections", ValueKind.Detections);
    }

    private static Node Append(ModelGraph graph, Block block, Op op, Value[] inputs)
    {
        var node = new Node(op, block);
        node.Inputs.AddRange(inputs);
        graph.Forward.Add(node);
        return node;
    }

    private static Value Output(Node node, string role, ValueKind kind)
    {
        var value = new Value($"detection.{role.ToLowerInvariant()}", kind, default, node.Block, role) { Producer = node };
        node.Outputs.Add(value);
        return value;
    }
}
