using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>From the node that makes a value to the last that reads it, both included, as positions in the order of execution.</summary>
internal readonly record struct Lifetime(int First, int Last)
{
    public bool Overlaps(Lifetime other) => First <= other.Last && other.First <= Last;

    public Lifetime Union(Lifetime other) => new(Math.Min(First, other.First), Math.Max(Last, other.Last));
}

/// <summary>
/// Values that share memory by construction: a chain of in-place operators, each writing over the value that only it still reads.
/// </summary>
internal sealed class Storage(Value first, Lifetime lifetime)
{
    public List<Value> Values { get; } = [first];

    public Shape Shape { get; } = first.Shape;

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

    private Lifetimes(ModelGraph graph)
    {
        Order = [.. graph.Forward, .. graph.Loss, .. graph.Backward];
        BackwardStart = graph.Forward.Count + graph.Loss.Count;
        for (var i = 0; i < Order.Count; i++)
        {
            foreach (var value in Order[i].Outputs.Concat(Order[i].Inputs))
            {
                lastUse[value] = i;
            }
        }

        KeepTapped(graph.Forward, 0);
        KeepResults(graph);
    }

    /// <summary>The positions that lifetimes count.</summary>
    public List<Node> Order { get; }

    /// <summary>The first position of backward.</summary>
    public int BackwardStart { get; }

    /// <summary>In order of first definition.</summary>
    public List<Storage> Storages { get; } = [];

    public IEnumerable<Value> Values => storageOf.Keys;

    /// <summary>Whether planned slots hold it. What the host writes or reads, and what is small, has a place of its own instead.</summary>
    public static bool IsSlotted(Value value) => value.Kind is ValueKind.Activation or ValueKind.Gradient;

    public static Lifetimes Of(ModelGraph graph)
    {
        var lifetimes = new Lifetimes(graph);
        lifetimes.AssignStorages();
        return lifetimes;
    }

    public Storage StorageOf(Value value) => storageOf[value];

    /// <summary>Layers are observed after their block's call, so a tapped value outlives the rest of its block.</summary>
    private void KeepTapped(List<Node> nodes, int start)
    {
        for (var end = start + nodes.Count - 1; end >= start; end--)
        {
            var first = end;
            while (first > start && Order[first - 1].Block == Order[end].Block)
            {
                first--;
            }

            foreach (var value in Order.GetRange(first, end - first + 1).SelectMany(node => node.Outputs).Where(value => value.Tap != null))
            {
                Keep(value, end);
            }

            end = first;
        }
    }

    /// <summary>
    /// A training step's logits and deltas stay until the losses are done, and the pixels' gradient to the end: both are read from
    /// outside.
    /// </summary>
    private void KeepResults(ModelGraph graph)
    {
        if (graph.Loss.Count > 0)
        {
            var lossEnd = graph.Forward.Count + graph.Loss.Count - 1;
            foreach (var value in graph.Levels.SelectMany(level => new[] { level.Logits, level.Deltas }).Where(lastUse.ContainsKey))
            {
                Keep(value, lossEnd);
            }
        }

        foreach (var value in graph.Backward.SelectMany(node => node.Outputs).Where(value => value.Of?.Kind == ValueKind.Input))
        {
            Keep(value, Order.Count - 1);
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
        for (var i = 0; i < Order.Count; i++)
        {
            var node = Order[i];
            for (var output = 0; output < node.Outputs.Count; output++)
            {
                var value = node.Outputs[output];
                if (!IsSlotted(value))
                {
                    continue;
                }

                var lifetime = new Lifetime(i, lastUse[value]);
                var taken = output == 0 ? StorageToTakeOver(node, i) : null;
                if (taken == null)
                {
                    taken = new Storage(value, lifetime);
                    Storages.Add(taken);
                }
                else
                {
                    taken.Append(value, lifetime);
                }

                storageOf.Add(value, taken);
            }
        }
    }

    /// <summary>
    /// The storage of the value that the output continues; else of the first input that the operator may overwrite, that nobody reads
    /// later and that no other operand lies in.
    /// </summary>
    private Storage? StorageToTakeOver(Node node, int position)
    {
        if (node.Output.Continues is { } continued)
        {
            return storageOf[continued];
        }

        foreach (var index in node.Op.InPlace(node))
        {
            var source = node.Inputs[index];
            if (storageOf.TryGetValue(source, out var storage)
                && source.Shape == node.Output.Shape
                && lastUse[source] == position
                && !(observedAfter.TryGetValue(source, out var observed) && observed >= position)
                && !node.Inputs.Where((other, i) => i != index && storageOf.TryGetValue(other, out var its) && its == storage).Any())
            {
                return storage;
            }
        }

        return null;
    }
}
