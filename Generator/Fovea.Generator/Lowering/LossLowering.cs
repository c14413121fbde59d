using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Lowering;

/// <summary>
/// Appends matching and, for each level, the two losses. Each loss makes the gradient of its logits or deltas at once: where
/// differentiation starts.
/// </summary>
internal static class LossLowering
{
    public static void Lower(ModelGraph graph)
    {
        AnchorLowering.Lower(graph);
        var block = new Block("loss", "Loss", "matching, classification and box losses of every level");
        graph.Blocks.Add(block);
        var truth = new Value("truth", ValueKind.GroundTruth, default, block, "Truth");
        graph.Sources.Add(truth);
        var match = Append(graph, block, new MatchAnchors(), [.. graph.Levels.Select(l => l.Anchors!), truth]);
        foreach (var level in graph.Levels)
        {
            block.Imports[level.Anchors!] = $"AnchorsP{level.Level}";
            block.Imports[level.Logits] = $"LogitsP{level.Level}";
            block.Imports[level.Deltas] = $"DeltasP{level.Level}";
            level.Matches = Output(match, $"MatchesP{level.Level}", ValueKind.Matches, level.Deltas.Shape);
        }

        foreach (var level in graph.Levels)
        {
            var focal = Append(graph, block, new FocalLoss(), [level.Logits, level.Matches!, truth]);
            level.ClassificationLoss = Output(focal, $"ClassificationP{level.Level}", ValueKind.Loss, level.Logits.Shape);
            Gradient(focal, level.Logits);
            var box = Append(graph, block, new BoxLoss(), [level.Deltas, level.Anchors!, level.Matches!, truth]);
            level.BoxLoss = Output(box, $"BoxP{level.Level}", ValueKind.Loss, level.Deltas.Shape);
            Gradient(box, level.Deltas);
        }
    }

    private static Node Append(ModelGraph graph, Block block, Op op, Value[] inputs)
    {
        var node = new Node(op, block);
        node.Inputs.AddRange(inputs);
        graph.Loss.Add(node);
        return node;
    }

    private static Value Output(Node node, string role, ValueKind kind, Shape shape)
    {
        var name = $"loss.{char.ToLowerInvariant(role[0])}{role.Substring(1)}";
        var value = new Value(name, kind, shape, node.Block, role) { Producer = node };
        node.Outputs.Add(value);
        return value;
    }

    private static void Gradient(Node node, Value of) =>
        node.Outputs.Add(new Value($"d({of.Name})", ValueKind.Gradient, of.Shape, of.Block, of.Role) { Producer = node, Of = of });
}
