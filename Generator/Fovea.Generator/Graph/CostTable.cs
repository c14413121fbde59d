using Fovea.Generator.Spec;

namespace Fovea.Generator.Graph;

/// <summary>A row of the architecture table: one stage of the network.</summary>
/// <param name="Stage">stem, layer1 … layer4, fpn, heads.</param>
/// <param name="Outputs">What the stage hands on: maps that none of its own nodes reads.</param>
/// <param name="Parameters">Elements that torchvision counts as parameters: learned or frozen, without the affine part of frozen batch
/// norms, which are buffers.</param>
/// <param name="Macs">Multiply-accumulates of the convolutions for one image.</param>
internal sealed record StageCost(string Stage, EquatableArray<Shape> Outputs, long Parameters, long Macs);

/// <summary>Costs by stage, in the order of forward.</summary>
internal static class CostTable
{
    public static IReadOnlyList<StageCost> For(ModelGraph graph, int height, int width, CancellationToken cancellation = default)
    {
        var rows = new List<StageCost>();
        foreach (var stage in graph.Forward.Where(n => n.Block.Stage.Length > 0).GroupBy(n => n.Block.Stage))
        {
            cancellation.ThrowIfCancellationRequested();
            var macs = stage.Sum(node => node.Op.Macs(node, height, width));
            var parameters = graph.Parameters.Where(p => p.Block.Stage == stage.Key).Sum(p => p.Count);
            var read = new HashSet<Value>(stage.SelectMany(node => node.Inputs));
            var outputs = stage.SelectMany(node => node.Outputs).Where(value => value.Kind.IsMap && !read.Contains(value));
            rows.Add(new(stage.Key, outputs.Select(value => value.Shape).ToEquatableArray(), parameters, macs));
        }

        return rows;
    }
}
