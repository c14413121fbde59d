using Fovea.Generator.Graph;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Tests.Planning;

/// <summary>
/// Runs a plan without numbers: remembers which value each slot holds, node by node. Knows nothing of lifetimes, so it checks them.
/// </summary>
internal static class PlanSimulation
{
    public static void AssertSound(ModelGraph graph, MemoryPlan plan)
    {
        var holds = new Dictionary<Slot, HashSet<Value>>();
        foreach (var node in graph.Forward.Concat(graph.Loss).Concat(graph.Backward))
        {
            foreach (var input in node.Inputs)
            {
                if (plan.SlotOf(input) is { } slot)
                {
                    Assert.True(
                        holds.TryGetValue(slot, out var held) && held.Contains(input),
                        $"{node} reads {input} of slot {slot.Name}, which holds {(held is null ? "nothing" : string.Join(", ", held))}");
                }
            }

            for (var i = 0; i < node.Outputs.Count; i++)
            {
                Place(plan, node, i, graph.Forward.Contains(node), holds);
            }
        }
    }

    /// <summary>Every value fits its slot, on any canvas.</summary>
    public static void AssertFits(MemoryPlan plan, int height, int width)
    {
        foreach (var slot in plan.Slots)
        {
            var longest = slot.Values.Select(Length).DefaultIfEmpty(0).Max();
            var divisions = slot.Divisions.Select(division => division.Sum(part => Shape.RoundUp(part.Values.Max(Length))));
            var parts = divisions.DefaultIfEmpty(0).Max();
            Assert.Equal((slot.Name, Math.Max(longest, parts)), (slot.Name, slot.Length(height, width)));
        }

        // A level needs what its pyramid does.
        long Length(Value value) => (value.View?.Whole ?? value).Shape.Length(height, width);
    }

    /// <summary>Elements of the values that are alive at once, at the most: no plan can take less.</summary>
    public static long LeastLength(MemoryPlan plan, int height, int width) => Enumerable.Range(0, plan.Lifetimes.Order.Count)
        .Max(i => plan.Lifetimes.Storages
            .Where(storage => storage.Lifetime.Overlaps(new(i, i)))
            .Sum(storage => Shape.RoundUp(storage.Shape.Length(height, width))));

    private static void Place(MemoryPlan plan, Node node, int index, bool isForward, Dictionary<Slot, HashSet<Value>> holds)
    {
        var output = node.Outputs[index];
        if (plan.SlotOf(output) is not { } slot)
        {
            return;
        }

        for (var i = 0; i < node.Inputs.Count; i++)
        {
            var source = plan.SlotOf(node.Inputs[i]);
            var overwritten = node.Op.HasCode && source is not null && !Beside(node.Inputs[i], output) && Touching(slot).Contains(source);
            var mayLieOver = node.Op.InPlace(node).Concat(node.Op.InPlaceAtPeak(node)).Select(operand => node.Inputs[operand]);
            var allowed = index == 0 && (mayLieOver.Contains(node.Inputs[i]) || node.Output.Continues == node.Inputs[i]);
            Assert.True(
                !overwritten || allowed,
                $"{node} writes {output} over its source {node.Inputs[i]} in slot {slot.Name}; the operator does not allow it");
        }

        foreach (var touching in Touching(slot))
        {
            if (holds.TryGetValue(touching, out var all))
            {
                foreach (var held in all.Where(held => node.Op.HasCode && !Beside(held, output)).ToList())
                {
                    Assert.True(
                        !isForward || !held.IsTapped || held.Block != node.Block,
                        $"{node} writes {output} over {held} in slot {touching.Name}, which is tapped after the block");
                    all.Remove(held);
                }
            }
        }

        holds.TryAdd(slot, []);
        holds[slot].Add(output);
    }

    /// <summary>The slot, the one that it is a part of, its own parts, and those of other divisions, which lie over it.</summary>
    private static IEnumerable<Slot> Touching(Slot slot) => slot.Parts.Append(slot).Concat(slot.Whole is { } whole
        ? whole.Divisions.Where(division => !division.Contains(slot)).SelectMany(division => division).Append(whole)
        : []);

    /// <summary>Levels of one pyramid lie side by side.</summary>
    private static bool Beside(Value a, Value b) =>
        a.View is { } one && b.View is { } other && one.Whole == other.Whole && one.Level != other.Level;
}
