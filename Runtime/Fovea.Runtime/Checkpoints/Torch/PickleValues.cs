namespace Fovea.Checkpoints.Torch;

/// <summary>A tuple. The other values of a pickle are null, bool, long, double, string, and what globals make.</summary>
internal sealed class PickleTuple(object?[] items)
{
    public object?[] Items { get; } = items;
}

/// <summary>A list.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>A dict, as the pickle fills it: nothing is looked up in it, so that keys may be of any kind.</summary>
/// <param name="pairs">What it begins with: pairs, as Python 2 stores an OrderedDict. They are shared, not copied.</param>
internal sealed class PickleDict(PickleList? pairs = null)
{
    private List<KeyValuePair<object?, object?>>? entries;

    /// <summary>Keys with values, in order; of a key that occurs twice the last counts.</summary>
    public IEnumerable<KeyValuePair<object?, object?>> Entries =>
        (pairs?.Items ?? []).Select(Pair).Concat(entries ?? []);

    public void Add(object? key, object? value) => (entries ??= []).Add(new(key, value));

    /// <summary>The value of a name; null where there is none.</summary>
    public object? Find(string name) => Entries.LastOrDefault(e => e.Key is string key && key == name).Value;

    private static KeyValuePair<object?, object?> Pair(object? item) => item switch
    {
        PickleTuple { Items: [var key, var value] } => new(key, value),
        PickleList { Items: [var key, var value] } => new(key, value),
        _ => throw new PickleException("expected pairs of keys and values for an OrderedDict, found others."),
    };
}

/// <summary>A pickle that is damaged, or asks for more than a state dict does; its reader adds file and place.</summary>
internal sealed class PickleException(string problem) : Exception(problem);
