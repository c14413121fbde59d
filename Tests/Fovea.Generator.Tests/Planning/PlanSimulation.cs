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
        var holds = new Dictionary<Slot, Value>();
        foreach (var node in graph.Forward.Concat(graph.Loss).Concat(graph.Backward))
        {
            foreach (var input in node.Inputs)
            {
                if (plan.SlotOf(input) is { } slot)
                {
                    Assert.True(
                        holds.TryGetValue(slot, out var held) && held == input,
                        $"{node} reads {input} of slot {slot.Name}, which holds {(held is null ? "nothing" : held.Name)}");
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
            var longest = slot.Values.Max(value => value.Shape.Length(height, width));
            var parts = slot.Parts.Sum(part => Length.RoundUp(part.Values.Max(value => value.Shape.Length(height, width))));
            Assert.Equal((slot.Name, Math.Max(longest, parts)), (slot.Name, slot.Length(height, width)));
        }
    }

    /// <summary>Elements of the values that are alive at once, at the most: no plan can take less.</summary>
    public static long LeastLength(MemoryPlan plan, int height, int width) => Enumerable.Range(0, plan.Lifetimes.Order.Count)
        .Max(i => plan.Lifetimes.Storages
            .Where(storage => storage.Lifetime.Overlaps(new(i, i)))
            .Sum(storage => Length.RoundUp(storage.Shape.Length(height, width))));

    private static void Place(MemoryPlan plan, Node node, int index, bool isForward, Dictionary<Slot, Value> holds)
    {
        var output = node.Outputs[index];
        if (plan.SlotOf(output) is not { } slot)
        {
            return;
        }

        for (var i = 0; i < node.Inputs.Count; i++)
        {
            var source = plan.SlotOf(node.Inputs[i]);
            var overwritten = source is not null && (source == slot || source.Whole == slot || source == slot.Whole);
            var allowed = index == 0 && (node.Op.InPlace(node).Contains(i) || node.Output.Continues == node.Inputs[i]);
            Assert.True(
                !overwritten || allowed,
                $"{node} writes {output} over its source {node.Inputs[i]} in slot {slot.Name}; the operator does not allow it");
        }

        foreach (var touching in slot.Parts.Append(slot.Whole).Append(slot))
        {
            if (touching is not null && holds.Remove(touching, out var held))
            {
                Assert.True(
                    !isForward || held.Tap is null || held.Block != node.Block,
                    $"{node} writes {output} over {held} in slot {touching.Name}, which is tapped after the block");
            }
        }

        holds[slot] = output;
    }
}
