using Fovea.CompilerServices;

namespace Fovea.Onnx.Network;

/// <summary>What a <see cref="NetworkTracer"/> has seen: nodes, and which value lies where in the arena at the moment.</summary>
internal sealed class TraceLog
{
    private const string Weight = ".weight";
    private readonly Dictionary<int, string> keys;
    private readonly Dictionary<int, (ConvParameters Stored, NormParameters Norm)> folded = [];
    private readonly Dictionary<long, NetworkValue> values = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly HashSet<NetworkValue> layers = [];
    private readonly int minLevel;

    /// <param name="description">Of the network.</param>
    /// <param name="input">Where its input lies.</param>
    public TraceLog(ModelDescription description, FeatureMap input)
    {
        minLevel = description.MinLevel;
        keys = description.Tensors
            .Where(t => t.Storage != TensorStorage.Statistics && t.Key.EndsWith(Weight, StringComparison.Ordinal))
            .ToDictionary(t => t.Offset, t => t.Key[..^Weight.Length]);
        Input = Write("input", input);
    }

    public NetworkValue Input { get; }

    public List<NetworkNode> Nodes { get; } = [];

    public List<NetworkValue> Logits { get; } = [];

    public List<NetworkValue> Deltas { get; } = [];

    public AnchorLevel[] Anchors { get; set; } = [];

    /// <summary>The layer whose weight, or scale, is there.</summary>
    public string KeyAt(int offset) => keys[offset];

    /// <summary>Folded weights stand for these.</summary>
    public void Fold(in ConvParameters stored, in NormParameters norm, in ConvParameters into) => folded.Add(into.Weight, (stored, norm));

    /// <summary>The stored convolution, and the norm that was folded into it.</summary>
    public (ConvParameters Conv, NormParameters? Norm) Unfold(in ConvParameters w) =>
        w.Storage == ParameterStorage.Folded ? folded[w.Weight] : (w, null);

    /// <summary>The value that lies there.</summary>
    public NetworkValue Read(FeatureMap map) => values.TryGetValue(map.Offset, out var value) && value.Shape == map
        ? value
        : throw new InvalidOperationException($"No value of the shape {map} has been written there.");

    /// <summary>A level's name where a map is one of several levels, for what is computed with shared weights.</summary>
    public string Suffix(PyramidMap map, int level) => map.Levels > 1 ? FormattableString.Invariant($".P{minLevel + level}") : "";

    /// <summary>A value between two operators of one call, which lies nowhere.</summary>
    public NetworkValue Between(string name, FeatureMap shape) =>
        names.Add(name) ? new NetworkValue(name, shape) : throw new InvalidOperationException($"Two values are called {name}.");

    /// <summary>A value that lies in memory.</summary>
    public NetworkValue Write(string name, FeatureMap map)
    {
        var value = Between(name, map);
        Place(value);
        return value;
    }

    /// <summary>From now on a value lies where its shape says; what lay there is gone.</summary>
    public void Place(NetworkValue value)
    {
        var (start, end) = (value.Shape.Offset, value.Shape.Offset + value.Shape.Length);
        foreach (var (offset, old) in values.ToArray())
        {
            if (offset < end && start < offset + old.Shape.Length)
            {
                values.Remove(offset);
            }
        }

        values.Add(start, value);
    }

    /// <summary>Gives a value a layer's name; the first of several stays.</summary>
    public void Name(string layer, FeatureMap map)
    {
        var value = Read(map);
        if (layers.Add(value))
        {
            names.Remove(value.Name);
            value.Name = names.Add(layer) ? layer : throw new InvalidOperationException($"Two values are called {layer}.");
        }
    }
}
