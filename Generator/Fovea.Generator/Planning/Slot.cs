using System.Globalization;
using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>
/// A piece of the arena's image part that storages of disjoint lifetimes share. While none of them is alive it may be divided: smaller
/// storages then lie side by side in its parts.
/// </summary>
internal sealed class Slot(Slot? whole = null)
{
    private readonly List<Storage> storages = [];
    private readonly List<Slot> parts = [];

    /// <summary>Position in the arena, or in the slot that this is a part of.</summary>
    public int Index { get; set; }

    /// <summary>The slot that this is a part of, or null.</summary>
    public Slot? Whole { get; } = whole;

    /// <summary>S3; its second part is S3_1.</summary>
    public string Name => (Whole == null ? "S" : Whole.Name + "_") + Index.ToString(CultureInfo.InvariantCulture);

    /// <summary>The storages that take the whole slot.</summary>
    public IReadOnlyList<Storage> Storages => storages;

    public IReadOnlyList<Slot> Parts => parts;

    public IEnumerable<Value> Values => storages.SelectMany(storage => storage.Values);

    /// <summary>Where the program first writes into it, whole or in parts.</summary>
    public int FirstUse => storages.Select(storage => storage.Lifetime.First).Concat(parts.Select(part => part.FirstUse)).Min();

    /// <summary>
    /// The shapes whose greatest length is the slot's, whatever the canvas: at each halving the most channels, without those that a finer
    /// one always covers.
    /// </summary>
    public List<Shape> Terms { get; } = [];

    /// <summary>Whether nothing in it is alive, whole or in parts.</summary>
    public bool IsFreeDuring(Lifetime lifetime) => IsDivisibleDuring(lifetime) && parts.TrueForAll(part => part.IsFreeDuring(lifetime));

    /// <summary>Whether nothing that takes the whole slot is alive.</summary>
    public bool IsDivisibleDuring(Lifetime lifetime) => !storages.Exists(storage => storage.Lifetime.Overlaps(lifetime));

    public void Add(Storage storage)
    {
        storages.Add(storage);
        if (!Terms.Exists(term => Covers(term, storage.Shape)))
        {
            Terms.RemoveAll(term => Covers(storage.Shape, term));
            Terms.Add(storage.Shape);
            Terms.Sort((a, b) => a.Halvings.CompareTo(b.Halvings));
        }
    }

    public Slot AddPart()
    {
        var part = new Slot(this) { Index = parts.Count };
        parts.Add(part);
        return part;
    }

    /// <summary>Elements for each image, before rounding: the longest storage, or all parts.</summary>
    public long Length(int height, int width) => Math.Max(
        Terms.Count == 0 ? 0 : Terms.Max(term => term.Length(height, width)),
        parts.Sum(part => Planning.Length.RoundUp(part.Length(height, width))));

    /// <summary>⌈n/2⌉ ≤ n, so a map that is halved less often and has no fewer channels is never the shorter one.</summary>
    private static bool Covers(Shape a, Shape b) => a.Halvings <= b.Halvings && a.Channels >= b.Channels;
}
