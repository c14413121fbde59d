using System.Globalization;
using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>
/// A piece of the arena's image part that storages of disjoint lifetimes share. At different times it may be divided differently: smaller
/// storages then lie side by side in the parts of one division.
/// </summary>
internal sealed class Slot(Slot? whole = null, Slot? before = null)
{
    private readonly List<Storage> storages = [];
    private readonly List<List<Slot>> divisions = [];

    /// <summary>Position in the arena, or among the parts of the slot that this is a part of.</summary>
    public int Index { get; set; }

    /// <summary>The slot that this is a part of, or null.</summary>
    public Slot? Whole { get; } = whole;

    /// <summary>The part behind which this one lies; null for the first of its division.</summary>
    public Slot? Before { get; } = before;

    /// <summary>S3; its second part is S3_1.</summary>
    public string Name => (Whole == null ? "S" : Whole.Name + "_") + Index.ToString(CultureInfo.InvariantCulture);

    /// <summary>The storages that take the whole slot.</summary>
    public IReadOnlyList<Storage> Storages => storages;

    /// <summary>Each a list of parts that lie side by side. While anything in one of them is alive, nothing in another is.</summary>
    public IReadOnlyList<IReadOnlyList<Slot>> Divisions => divisions;

    public IEnumerable<Slot> Parts => divisions.SelectMany(parts => parts);

    public IEnumerable<Value> Values => storages.SelectMany(storage => storage.Values);

    /// <summary>Where the program first writes into it, whole or in parts.</summary>
    public int FirstUse => storages.Select(storage => storage.Lifetime.First).Concat(Parts.Select(part => part.FirstUse)).Min();

    /// <summary>
    /// The shapes whose greatest length is the slot's, whatever the canvas: without those that another always covers.
    /// </summary>
    public List<Shape> Terms { get; } = [];

    /// <summary>Whether nothing that takes all of it is alive.</summary>
    public bool IsFreeDuring(Lifetime lifetime) => !storages.Exists(storage => storage.Lifetime.Overlaps(lifetime));

    public void Add(Storage storage)
    {
        storages.Add(storage);
        if (!Terms.Exists(term => term.Covers(storage.Shape)))
        {
            Terms.RemoveAll(storage.Shape.Covers);
            Terms.Add(storage.Shape);
            Terms.Sort((a, b) => (a.Halvings, a.Levels).CompareTo((b.Halvings, b.Levels)));
        }
    }

    /// <summary>A new part behind those of a division; −1: the first of a new division.</summary>
    public Slot AddPart(int division)
    {
        if (division < 0)
        {
            division = divisions.Count;
            divisions.Add([]);
        }

        var parts = divisions[division];
        var part = new Slot(this, parts.LastOrDefault());
        parts.Add(part);
        return part;
    }

    /// <summary>What lies alone in its division takes the whole slot; the parts that remain are numbered.</summary>
    public void Simplify()
    {
        foreach (var storage in divisions.Where(parts => parts.Count == 1).SelectMany(parts => parts[0].storages))
        {
            Add(storage);
        }

        divisions.RemoveAll(parts => parts.Count == 1);
        var index = 0;
        foreach (var part in Parts)
        {
            part.Index = index++;
        }
    }

    /// <summary>Elements for each image, before rounding: the longest storage, or all parts of a division.</summary>
    public long Length(int height, int width)
    {
        var length = Terms.Count == 0 ? 0 : Terms.Max(term => term.Length(height, width));
        foreach (var parts in divisions)
        {
            length = Math.Max(length, parts.Sum(part => Shape.RoundUp(part.Length(height, width))));
        }

        return length;
    }
}
