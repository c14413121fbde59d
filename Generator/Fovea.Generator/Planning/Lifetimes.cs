using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>From the node that makes a value to the last that reads it, both included, as positions in the order of execution.</summary>
internal readonly record struct Lifetime(int First, int Last)
{
    public bool Overlaps(Lifetime other) => First <= other.Last && other.First <= Last;

    public Lifetime Union(Lifetime other) => new(Math.Min(First, other.First), Math.Max(Last, other.Last));
}

/// <summary>
/// Values that share memory by construction: a chain of in-place operators, each writing over the value that only it still reads; a pyramid
/// and its levels, which lie in it.
/// </summary>
internal sealed class Storage(Value first, Lifetime lifetime)
{
    public List<Value> Values { get; } = [first];

    public Shape Shape { get; } = (first.View?.Whole ?? first).Shape;

    public Lifetime Lifetime { get; private set; } = lifetime;

    public void Append(Value value, Lifetime lifetime)
    {
        Values.Add(value);
        Lifetime = Lifetime.Union(lifetime);
    }
}

/// <summary>When each value of a graph is alive, over forward, loss and backward in one order.</summary>
internal sealed class Lifetimes
{
    private readonly Dictionary<Value, int> lastUse = [];
    private readonly Dictionary<Value, int> observedAfter = [];
    private readonly Dictionary<Value, Storage> storageOf = [];
    private readonly HashSet<Node> lowered = [];
    private readonly CancellationToken cancellation;

    private Lifetimes(ModelGraph graph, CancellationToken cancellation)
    {
        this.cancellation = cancellation;
        Order = [.. graph.Executed];
        BackwardStart = graph.Forward.Count + graph.Loss.Count;
        for (var i = 0; i < Order.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var value in Order[i].Outputs.Concat(Order[i].Inputs))
            {
                lastUse[value] = i;
                if (value.View is { } view)
                {
                    lastUse[view.Whole] = i;
                }
            }
        }

        KeepTapped(graph.Forward.Count);
        KeepResults(graph);
    }

    /// <summary>The positions that lifetimes count.</summary>
    public List<Node> Order { get; }

    /// <summary>The first position of backward.</summary>
    public int BackwardStart { get; }

    /// <summary>In order of first definition.</summary>
    public List<Storage> Storages { get; } = [];

    public static Lifetimes Of(ModelGraph graph, CancellationToken cancellation = default)
    {
        var lifetimes = new Lifetimes(graph, cancellation);
        do
        {
            lifetimes.AssignStorages();
        }
        while (lifetimes.LowersPeak());

        return lifetimes;
    }

    public Storage StorageOf(Value value) => storageOf[value];

    /// <summary>Layers are observed after their block's call, so a tapped value outlives the rest of its block.</summary>
    /// <param name="forward">Nodes of forward, which come first.</param>
    private void KeepTapped(int forward)
    {
        for (var (i, end) = (forward - 1, forward - 1); i >= 0; i--)
        {
            end = Order[i].Block == Order[end].Block ? end : i;
            foreach (var value in Order[i].Outputs.Where(value => value.IsTapped))
            {
                Keep(value, end);
            }
        }
    }

    /// <summary>
    /// What a training step's forward leaves for readers outside stays until the losses are done, and what backward leaves to the end.
    /// </summary>
    private void KeepResults(ModelGraph graph)
    {
        if (graph.Loss.Count == 0)
        {
            return;
        }

        var lossEnd = graph.Forward.Count + graph.Loss.Count - 1;
        foreach (var value in graph.Results.Select(result => result.Value).Where(value => value.Kind.IsSlotted))
        {
            Keep(value, Order.IndexOf(value.Producer!) <= lossEnd ? lossEnd : Order.Count - 1);
        }
    }

    /// <summary>Keeps a value for someone who reads it after a node: not even that node may write over it.</summary>
    private void Keep(Value value, int position)
    {
        lastUse[value] = Math.Max(lastUse[value], position);
        observedAfter[value] = position;
    }

    private void AssignStorages()
    {
        Storages.Clear();
        storageOf.Clear();
        for (var i = 0; i < Order.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var node = Order[i];
            for (var output = 0; output < node.Outputs.Count; output++)
            {
                var value = node.Outputs[output];
                if (!value.Kind.IsSlotted)
                {
                    continue;
                }

                var lifetime = new Lifetime(i, lastUse[value]);
                var taken = StorageOfWhole(value) ?? (output == 0 ? StorageToTakeOver(node, i) : null);
                if (taken == null)
                {
                    taken = new Storage(value, lifetime);
                    Storages.Add(taken);
                }
                else
                {
                    taken.Append(value, lifetime);
                }

                storageOf[value] = taken;
                if (value.View is { } view)
                {
                    // The first of its levels opens the pyramid's storage.
                    storageOf[view.Whole] = taken;
                }
            }
        }
    }

    /// <summary>The storage that a level or its pyramid has already, through another level.</summary>
    private Storage? StorageOfWhole(Value value) => storageOf.TryGetValue(value.View?.Whole ?? value, out var storage) ? storage : null;

    /// <summary>
    /// The storage of the value that the output continues; else of the first input that the operator may overwrite, that nobody reads
    /// later and that no other value among its operands lies in.
    /// </summary>
    private Storage? StorageToTakeOver(Node node, int position)
    {
        if (node.Output.Continues is { } continued)
        {
            return storageOf[continued];
        }

        if (node.Output.View is not null)
        {
            // A level lies in its pyramid, for which no level's memory is long enough.
            return null;
        }

        var inPlace = node.Op.InPlace(node);
        return StorageToTakeOver(node, position, lowered.Contains(node) ? inPlace.Concat(node.Op.InPlaceAtPeak(node)) : inPlace);
    }

    private Storage? StorageToTakeOver(Node node, int position, IEnumerable<int> candidates)
    {
        foreach (var index in candidates)
        {
            var source = node.Inputs[index];
            if (storageOf.TryGetValue(source, out var storage)
                && source.View == null
                && source.Shape == node.Output.Shape
                && lastUse[source] == position
                && !(observedAfter.TryGetValue(source, out var observed) && observed >= position)
                && !node.Inputs.Any(other => other != source && storageOf.TryGetValue(other, out var its) && its == storage))
            {
                return storage;
            }
        }

        return null;
    }

    /// <summary>
    /// Where most is alive, on the canvas on which sizes are compared, an operator that can takes over an operand's memory at a price.
    /// </summary>
    /// <returns>Whether there is such a one, so that storages are to be assigned anew.</returns>
    private bool LowersPeak()
    {
        var change = new long[Order.Count + 1];
        foreach (var storage in Storages)
        {
            var length = Shape.RoundUp(MemoryPlanner.LengthOf(storage.Shape));
            change[storage.Lifetime.First] += length;
            change[storage.Lifetime.Last + 1] -= length;
        }

        var (alive, most, peak) = (0L, 0L, 0);
        for (var i = 0; i < Order.Count; i++)
        {
            alive += change[i];
            (most, peak) = alive > most ? (alive, i) : (most, peak);
        }

        return most > 0
            && Order[peak] is var node
            && node.Outputs.Count > 0
            && node.Output.View is null
            && storageOf.TryGetValue(node.Output, out var own)
            && own.Lifetime.First == peak
            && StorageToTakeOver(node, peak, node.Op.InPlaceAtPeak(node)) is not null
            && lowered.Add(node);
    }
}
