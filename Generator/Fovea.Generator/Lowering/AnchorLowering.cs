using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Lowering;

/// <summary>Appends the anchors of every level, which loss and detection read: made once for each session.</summary>
internal static class AnchorLowering
{
    public static void Lower(ModelGraph graph)
    {
        var block = new Block("anchors", "Anchors", "one set for each level");
        graph.Blocks.Add(block);
        foreach (var level in graph.Levels)
        {
            var node = new Node(new GenerateAnchors(level.Level), block);
            var role = $"P{level.Level}";
            level.Anchors = new Value($"anchors.{role}", ValueKind.Anchors, level.Deltas.Shape, block, role) { Producer = node };
            node.Outputs.Add(level.Anchors);
            graph.Setup.Add(node);
        }
    }
}
