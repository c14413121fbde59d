using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>
/// Assigns storages to slots, largest first ("greedy by size", arXiv:2001.03288), each to the smallest place that is free during its
/// lifetime: a part of a slot, a slot, or a new part of a divisible slot.
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
            Place(storage, slots);
        }

        return new MemoryPlan(lifetimes, InOrderOfUse(slots), Regions(graph), constants);
    }

    /// <summary>Slots were opened largest first, and what is added is no larger: the last one that fits is the smallest.</summary>
    private static void Place(Storage storage, List<Slot> slots)
    {
        for (var i = slots.Count - 1; i >= 0; i--)
        {
            if (PlaceWithin(storage, slots[i]))
            {
                return;
            }
        }

        var slot = slots.FindLast(free => free.IsFreeDuring(storage.Lifetime));
        if (slot == null)
        {
            slot = new Slot();
            slots.Add(slot);
        }

        slot.Add(storage);
    }

    /// <summary>In a free part, as the whole if it takes more than half, or in a new part if there is room for one.</summary>
    private static bool PlaceWithin(Storage storage, Slot slot)
    {
        if (!slot.IsDivisibleDuring(storage.Lifetime))
        {
            return false;
        }

        var (length, whole) = (Length.RoundUp(LengthOf(storage.Shape)), LengthOf(slot));
        var place = slot.Parts.LastOrDefault(part => part.IsFreeDuring(storage.Lifetime) && LengthOf(part) >= LengthOf(storage.Shape));
        if (place == null && 2 * length > whole && slot.IsFreeDuring(storage.Lifetime))
        {
            place = slot;
        }

        if (place == null && slot.Parts.Sum(part => Length.RoundUp(LengthOf(part))) + length <= whole)
        {
            place = slot.AddPart();
        }

        place?.Add(storage);
        return place != null;
    }

    /// <summary>Slots are numbered in the order in which the program first writes them.</summary>
    private static List<Slot> InOrderOfUse(List<Slot> slots)
    {
        var ordered = slots.OrderBy(slot => slot.FirstUse).ToList();
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

    private static long LengthOf(Shape shape) => shape.Length(ReferenceCanvas, ReferenceCanvas);

    private static long LengthOf(Slot slot) => slot.Length(ReferenceCanvas, ReferenceCanvas);
}
