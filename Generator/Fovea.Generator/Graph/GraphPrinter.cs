using System.Text;

namespace Fovea.Generator.Graph;

/// <summary>
/// One line for each node: <c>conv2d  layer1.0.conv2  [N, H/4, W/4, 64]  w[64,3,3,64] s1 p1 +relu  layer1.0.reduced ->
/// layer1.0.spatial</c>.
/// </summary>
internal static class GraphPrinter
{
    /// <summary>Every list that is not empty, under its name.</summary>
    public static string Print(ModelGraph graph)
    {
        var text = new StringBuilder();
        foreach (var (name, nodes) in new[]
        {
            ("setup", graph.Setup), ("fold", graph.Fold), ("forward", graph.Forward), ("loss", graph.Loss), ("backward", graph.Backward),
        })
        {
            if (nodes.Count > 0)
            {
                text.Append(name).Append(":\n");
                Print(nodes, text);
            }
        }

        return text.ToString();
    }

    /// <summary>The lines of some nodes.</summary>
    public static string Print(IEnumerable<Node> nodes)
    {
        var text = new StringBuilder();
        Print(nodes, text);
        return text.ToString();
    }

    private static void Print(IEnumerable<Node> nodes, StringBuilder text)
    {
        foreach (var node in nodes)
        {
            text.Append(Line(node)).Append('\n');
        }
    }

    private static string Line(Node node)
    {
        var name = node.Parameters.Count > 0 ? ShortKey(node.Parameters[0].Key)
            : node.Outputs.Count > 0 ? node.Output.Name
            : node.Block.Name;
        var shaped = node.Outputs.Count > 0 && node.Output.Kind.IsSlotted;
        var flow = node.Inputs.Count + node.Outputs.Count == 0
            ? ""
            : $"{string.Join(", ", node.Inputs)} -> {string.Join(", ", node.Outputs)}".Trim();
        string[] columns = [node.Op.Name, name, shaped ? node.Output.Shape.ToString() : "", node.Op.Attributes(node), flow];
        return string.Join("  ", columns.Where(column => column.Length > 0));
    }

    /// <summary>torchvision's key without what every key of its part begins with.</summary>
    private static string ShortKey(string key)
    {
        foreach (var prefix in new[] { "backbone.body.", "backbone.", "head." })
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
            {
                return key.Substring(prefix.Length);
            }
        }

        return key;
    }
}
