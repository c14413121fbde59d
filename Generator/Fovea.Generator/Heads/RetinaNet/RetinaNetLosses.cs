using Fovea.Generator.Graph;
using Fovea.Generator.Heads.RetinaNet.Ops;

namespace Fovea.Generator.Heads.RetinaNet;

/// <summary>
/// Appends matching and the two losses over all levels. Each loss makes the gradient of its logits or deltas at once: where differentiation
/// starts.
/// </summary>
internal static class RetinaNetLosses
{
    public static void Append(ModelGraph graph, RetinaNetHead head, RetinaNetRules rules)
    {
        var anchors = RetinaNetAnchors.Append(graph, head.Deltas.Shape, rules);
        if (rules.HasRunningNormalizer)
        {
            graph.States.Add(RetinaNetRules.NormalizerState);
        }

        var block = new Block("loss", "Loss", "matching, classification and box losses of every level");
        graph.Blocks.Add(block);
        var (logits, deltas) = (Import(block, head.Logits), Import(block, head.Deltas));
        block.Imports[anchors] = "Anchors";
        var truth = new Value("truth", new GroundTruthKind(), default, block, "Truth");
        graph.Sources.Add(truth);

        var match = Append(graph, block, new MatchAnchors(rules.Matching), [anchors, truth]);
        var matches = Output(match, "Matches", new MatchesKind(rules.PerCell), deltas.Shape);
        var trained = matches;
        if (rules.MinesHardExamples)
        {
            var mining = Append(
                graph, block, new SelectHardExamples(rules.HardExamples, rules.BoxLoss), [logits, deltas, anchors, matches, truth]);
            trained = Output(mining, "HardExamples", new MatchesKind(rules.PerCell), deltas.Shape);
        }

        Op loss = rules.HasFocalStar ? new FocalLossStar(rules.FocalStar) : new FocalLoss(rules.Focal);
        var focal = Append(graph, block, loss, [logits, trained, truth]);
        var classification = Output(focal, "Classification", new LossKind(), Shape.Vector(1, logits.Shape.Levels));
        Gradient(focal, logits);
        var box = Append(graph, block, new BoxLoss(rules.BoxLoss), [deltas, anchors, trained, truth]);
        var regression = Output(box, "Box", new LossKind(), Shape.Vector(1, deltas.Shape.Levels));
        Gradient(box, deltas);
        graph.Results.AddRange(
        [
            new("Logits", logits), new("Deltas", deltas), new("Anchors", anchors), new("Truth", truth), new("Matches", matches),
            new("ClassificationLoss", classification), new("BoxLoss", regression),
        ]);
    }

    internal static Value Import(Block block, Value output)
    {
        block.Imports[output] = output.Role;
        return output;
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
        var value = new Value("loss." + role.ToLowerInvariant(), kind, shape, node.Block, role) { Producer = node };
        node.Outputs.Add(value);
        return value;
    }

    private static void Gradient(Node node, Value of) =>
        node.Outputs.Add(new Value($"d({of.Name})", ValueKind.Gradient, of.Shape, of.Block, of.Role) { Producer = node, Of = of });
}
