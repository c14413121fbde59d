using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>
/// Assigns storages to slots, largest first, each to the smallest slot that is free during its lifetime ("greedy by size", arXiv:2001.03288).
/// The order is taken on one fixed canvas, so that the assignment is part of the program and only lengths depend on the canvas it runs on.
/// </summary>
internal static class MemoryPlanner
{
    /// <summary>The canvas on which sizes are compared, and which summaries quote where none is declared.</summary>
    public const int ReferenceCanvas = 800;

    public static MemoryPlan Plan(ModelGraph graph, PlanConstants constants)
    {
        var lifetimes = Lifetimes.Of(graph);
        var slots = new List<Slot>();
        foreach (var storage in lifetimes.Storages
                     .OrderByDescending(storage => LengthOf(storage.Shape))
                     .ThenBy(storage => storage.Lifetime.First))
        {
            var slot = slots.Where(slot => slot.IsFreeDuring(storage.Lifetime))
                .OrderBy(slot => slot.Length(ReferenceCanvas, ReferenceCanvas))
                .FirstOrDefault();
            if (slot == null)
            {
                slot = new Slot();
                slots.Add(slot);
            }

            slot.Add(storage);
        }

        return new MemoryPlan(lifetimes, InOrderOfUse(slots), Regions(graph), constants);
    }

    /// <summary>Slots are numbered in the order in which the program first writes them.</summary>
    private static List<Slot> InOrderOfUse(List<Slot> slots)
    {
        var ordered = slots.OrderBy(slot => slot.Storages.Min(storage => storage.Lifetime.First)).ToList();
        for (var i = 0; i < ordered.Count; i++)
        {
            ordered[i].Index = i;
        }

        return ordered;
    }

    private static List<Value> Regions(ModelGraph graph)
    {
        var nodes = graph.Forward.Concat(graph.Loss).Concat(graph.Backward);
        return graph.Sources
            .Concat(nodes.SelectMany(node => node.Inputs.Concat(node.Outputs)))
            .Where(value => !Lifetimes.IsSlotted(value))
            .Distinct()
            .OrderBy(value => value.Kind is ValueKind.Input ? 0 : 1)
            .ThenBy(value => value.Kind)
            .ToList();
    }

    private static long LengthOf(Shape shape) => shape.Cells(ReferenceCanvas, ReferenceCanvas) * shape.Channels;
}
