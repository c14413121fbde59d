using System.Globalization;
using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>
/// Where everything lies, whatever the canvas: slots in the image part, which is multiplied by N, then the values that have places of
/// their own.
/// </summary>
internal sealed class MemoryPlan
{
    private readonly Dictionary<Value, Slot> slotOf = [];

    public MemoryPlan(Lifetimes lifetimes, IReadOnlyList<Slot> slots, IReadOnlyList<Value> owned)
    {
        Lifetimes = lifetimes;
        Slots = slots;
        Owned = owned;
        foreach (var slot in slots.Concat(slots.SelectMany(slot => slot.Parts)))
        {
            foreach (var value in slot.Values)
            {
                slotOf.Add(value, slot);
            }
        }
    }

    public Lifetimes Lifetimes { get; }

    public IReadOnlyList<Slot> Slots { get; }

    /// <summary>Values with places of their own behind the slots, in order.</summary>
    public IReadOnlyList<Value> Owned { get; }

    /// <summary>The slot of an activation or gradient; null for a value with a place of its own.</summary>
    public Slot? SlotOf(Value value) => slotOf.TryGetValue(value, out var slot) ? slot : null;

    /// <summary>Elements of the arena: what the generated layout computes.</summary>
    public long ArenaLength(PlanArguments arguments)
    {
        var length = arguments.Images * Slots.Sum(slot => Shape.RoundUp(slot.Length(arguments.Height, arguments.Width)));
        var owned = Owned.SelectMany(value => value.Kind.Runs(value));
        return length + owned.Sum(run => Shape.RoundUp(run.Length.Evaluate(arguments)));
    }

    /// <summary>What reuse saves for one image: <c>activations 412 MB -> 143 MB, 187 values in 23 slots</c>.</summary>
    public string Summary(int height, int width)
    {
        // A level is a part of its pyramid.
        var values = Lifetimes.Storages.SelectMany(storage => storage.Values).Where(value => value.View is null).ToList();
        var before = values.Sum(value => Shape.RoundUp(value.Shape.Length(height, width)));
        var after = Slots.Sum(slot => Shape.RoundUp(slot.Length(height, width)));
        return $"activations {Megabytes(before)} -> {Megabytes(after)}, {values.Count} values in {Slots.Count} slots";
    }

    /// <summary>Single-precision elements as megabytes of 10⁶ bytes, with three significant digits.</summary>
    public static string Megabytes(long elements)
    {
        var megabytes = elements * 4 / 1e6;
        var format = megabytes >= 99.95 ? "0" : megabytes >= 9.995 ? "0.0" : "0.00";
        return megabytes.ToString(format, CultureInfo.InvariantCulture) + " MB";
    }
}
