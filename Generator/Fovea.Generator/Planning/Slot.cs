using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>A piece of the arena's image part that storages of disjoint lifetimes share.</summary>
internal sealed class Slot
{
    private readonly List<Storage> storages = [];

    /// <summary>Position in the arena.</summary>
    public int Index { get; set; }

    public IReadOnlyList<Storage> Storages => storages;

    public IEnumerable<Value> Values => storages.SelectMany(storage => storage.Values);

    /// <summary>The shapes whose greatest length is the slot's, whatever the canvas: at each halving the most channels, without those that a finer one always covers.</summary>
    public List<Shape> Terms { get; } = [];

    public bool IsFreeDuring(Lifetime lifetime) => !storages.Exists(storage => storage.Lifetime.Overlaps(lifetime));

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

    /// <summary>Elements for each image, before rounding.</summary>
    public long Length(int height, int width) => Terms.Count == 0 ? 0 : Terms.Max(term => term.Cells(height, width) * term.Channels);

    /// <summary>⌈n/2⌉ ≤ n, so a map that is halved less often and has no fewer channels is never the shorter one.</summary>
    private static bool Covers(Shape a, Shape b) => a.Halvings <= b.Halvings && a.Channels >= b.Channels;
}
