using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>
/// Assigns storages to slots, largest first ("greedy by size", arXiv:2001.03288), each to the first place with room: a free part of a
/// slot, a new part beside others, a new division of a slot that is free; else a slot grows by a part, or there is a new one. The order
/// is taken on one fixed canvas, so that the assignment is part of the program and only lengths depend on the canvas it runs on.
/// </summary>
internal static class MemoryPlanner
{
    /// <summary>The canvas on which sizes are compared, and which summaries quote where none is declared.</summary>
    public const int ReferenceCanvas = 800;

    /// <summary>Up to which part of its own length a storage lets a slot grow before it gets a new one.</summary>
    private const double MostGrowth = 0.25;

    /// <summary>No order is best for every network; the smallest plan is taken, of equal ones the first.</summary>
    private static readonly Policy[] Policies =
    [
        new(Length, LastFirst: false), new(Length, LastFirst: true), new(Area, LastFirst: false), new(Root, LastFirst: false),
        new(Length, LastFirst: false, Snug: true), new(Length, LastFirst: true, Snug: true),
    ];

    public static MemoryPlan Plan(ModelGraph graph, CancellationToken cancellation = default)
    {
        var lifetimes = Lifetimes.Of(graph, cancellation);
        var best = Policies.Select(policy => Assign(lifetimes.Storages, policy, cancellation))
            .OrderBy(slots => slots.Sum(slot => slot.Length)).First();
        return new MemoryPlan(lifetimes, InOrderOfUse(best), Regions(graph));
    }

    private static List<OpenSlot> Assign(List<Storage> storages, Policy policy, CancellationToken cancellation)
    {
        var slots = new List<OpenSlot>();
        foreach (var storage in storages
                     .OrderByDescending(policy.Size)
                     .ThenBy(storage => policy.LastFirst ? -storage.Lifetime.First : storage.Lifetime.First))
        {
            cancellation.ThrowIfCancellationRequested();
            Place(storage, slots, policy);
        }

        return slots;
    }

    /// <summary>Slots are opened largest first: the last one with room is the smallest.</summary>
    private static void Place(Storage storage, List<OpenSlot> slots, Policy policy)
    {
        var length = Shape.RoundUp(LengthOf(storage.Shape));
        for (var i = slots.Count - 1; i >= 0; i--)
        {
            if (slots[i].TryPlace(storage, length, policy.Share))
            {
                return;
            }
        }

        var (growth, growing) = (MostGrowth * length, default(OpenSlot));
        foreach (var slot in slots)
        {
            if (slot.Growth(storage.Lifetime, length) is { } by && by < growth)
            {
                (growth, growing) = (by, slot);
            }
        }

        if (growing == null)
        {
            growing = new OpenSlot();
            slots.Add(growing);
        }

        growing.Grow(storage, length);
    }

    /// <summary>Slots are numbered in the order in which the program first writes them.</summary>
    private static List<Slot> InOrderOfUse(List<OpenSlot> open)
    {
        var ordered = open.Select(slot => slot.Slot).OrderBy(slot => slot.Parts.Min(part => part.FirstUse)).ToList();
        for (var i = 0; i < ordered.Count; i++)
        {
            ordered[i].Index = i;
            ordered[i].Simplify();
        }

        return ordered;
    }

    private static List<Value> Regions(ModelGraph graph) => graph.Sources
        .Concat(graph.Executed.SelectMany(node => node.Inputs.Concat(node.Outputs)))
        .Where(value => !value.Kind.IsSlotted)
        .Distinct()
        .OrderBy(value => value.Element == ElementType.Storage ? 0 : 1)
        .ThenBy(value => value.Kind.Rank)
        .ToList();

    /// <summary>Elements on the reference canvas, for one image.</summary>
    public static long LengthOf(Shape shape) => shape.Length(ReferenceCanvas, ReferenceCanvas);

    private static double Length(Storage storage) => LengthOf(storage.Shape);

    /// <summary>Elements times the nodes that they are kept for.</summary>
    private static double Area(Storage storage) => Length(storage) * (1 + storage.Lifetime.Last - storage.Lifetime.First);

    /// <summary>Between the two: how long it is kept counts for less in a deep network.</summary>
    private static double Root(Storage storage) => Length(storage) * Math.Sqrt(1 + storage.Lifetime.Last - storage.Lifetime.First);

    /// <summary>In which order storages are placed.</summary>
    /// <param name="Size">What is largest comes first.</param>
    /// <param name="LastFirst">Of equal ones, those that the program writes last.</param>
    /// <param name="Snug">What does not fill a slot leaves its rest to others, where else only what takes less than half of it does. On a
    /// GPU values that need not wait for each other then share memory more often, so it must save some.</param>
    private sealed record Policy(Func<Storage, double> Size, bool LastFirst, bool Snug = false)
    {
        /// <summary>More than this part of a slot takes all of it.</summary>
        public double Share => Snug ? 7.0 / 8 : 0.5;
    }

    /// <summary>A part while it is filled, with its length on the reference canvas.</summary>
    private sealed class OpenPart(Slot part, long length)
    {
        private readonly List<Lifetime> lifetimes = [];

        public long Length { get; } = length;

        public bool IsFreeDuring(Lifetime lifetime)
        {
            foreach (var other in lifetimes)
            {
                if (other.Overlaps(lifetime))
                {
                    return false;
                }
            }

            return true;
        }

        public void Add(Storage storage)
        {
            part.Add(storage);
            lifetimes.Add(storage.Lifetime);
        }
    }

    /// <summary>A division while it is filled.</summary>
    private sealed class OpenDivision
    {
        public List<OpenPart> Parts { get; } = [];

        /// <summary>Elements of all parts on the reference canvas.</summary>
        public long Length { get; private set; }

        public bool IsFreeDuring(Lifetime lifetime)
        {
            foreach (var part in Parts)
            {
                if (!part.IsFreeDuring(lifetime))
                {
                    return false;
                }
            }

            return true;
        }

        public void Add(OpenPart part)
        {
            Parts.Add(part);
            Length += part.Length;
        }
    }

    /// <summary>A slot while it is filled.</summary>
    private sealed class OpenSlot
    {
        private readonly List<OpenDivision> divisions = [];

        public Slot Slot { get; } = new();

        /// <summary>Elements on the reference canvas.</summary>
        public long Length { get; private set; }

        /// <summary>In a free part, or in a new part or division if there is room for one.</summary>
        public bool TryPlace(Storage storage, long wanted, double share)
        {
            if (wanted > Length || !FindDivision(storage.Lifetime, out var busy))
            {
                return false;
            }

            var (first, last) = busy < 0 ? (0, divisions.Count - 1) : (busy, busy);
            for (var division = last; division >= first; division--)
            {
                var parts = divisions[division].Parts;
                for (var i = parts.Count - 1; i >= 0; i--)
                {
                    // What has a division for itself is not spent on something smaller, beside which more would fit.
                    var fits = parts[i].Length >= wanted && (parts.Count > 1 || wanted > share * parts[i].Length);
                    if (fits && parts[i].IsFreeDuring(storage.Lifetime))
                    {
                        parts[i].Add(storage);
                        return true;
                    }
                }
            }

            for (var division = first; division <= last; division++)
            {
                if (divisions[division].Length + wanted <= Length)
                {
                    AddPart(division, storage, wanted);
                    return true;
                }
            }

            if (busy < 0)
            {
                AddPart(-1, storage, wanted);
                return true;
            }

            return false;
        }

        /// <summary>
        /// Elements that a new part beside what is alive, or a new division, would add; null where something is in the way.
        /// </summary>
        public long? Growth(Lifetime lifetime, long wanted) =>
            FindDivision(lifetime, out var busy) ? Math.Max(0, (busy < 0 ? 0 : divisions[busy].Length) + wanted - Length) : null;

        public void Grow(Storage storage, long wanted)
        {
            FindDivision(storage.Lifetime, out var busy);
            AddPart(busy, storage, wanted);
        }

        /// <summary>The division in which something is alive, −1 for none; false if several are.</summary>
        private bool FindDivision(Lifetime lifetime, out int busy)
        {
            busy = -1;
            for (var division = 0; division < divisions.Count; division++)
            {
                if (!divisions[division].IsFreeDuring(lifetime))
                {
                    if (busy >= 0)
                    {
                        return false;
                    }

                    busy = division;
                }
            }

            return true;
        }

        private void AddPart(int division, Storage storage, long wanted)
        {
            var part = new OpenPart(Slot.AddPart(division), wanted);
            part.Add(storage);
            if (division < 0)
            {
                division = divisions.Count;
                divisions.Add(new OpenDivision());
            }

            divisions[division].Add(part);
            Length = Math.Max(Length, divisions[division].Length);
        }
    }
}
