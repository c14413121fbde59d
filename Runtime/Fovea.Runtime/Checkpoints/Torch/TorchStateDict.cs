namespace Fovea.Checkpoints.Torch;

/// <summary>Finds the state dict in what was pickled: the object itself, or what programs keep it under beside other things.</summary>
internal static class TorchStateDict
{
    /// <summary>Dicts within dicts.</summary>
    private const int MaxDepth = 3;

    private const int MaxListed = 8;

    /// <summary>Keys of training programs, the most usual first.</summary>
    private static readonly string[] Wrappers = ["model", "state_dict", "model_state", "model_state_dict"];

    /// <summary>The tensors by name. Other values, as the number of an epoch, are left out.</summary>
    /// <exception cref="PickleException">There are none, or one has no name that can be used.</exception>
    public static Dictionary<string, StateTensor> Find(object? root)
    {
        var dict = root as PickleDict ?? throw new PickleException("expected a dict of tensors, found another value: save model.state_dict().");
        for (var depth = 0; depth < MaxDepth && Inner(dict) is { } inner; depth++)
        {
            dict = inner;
        }

        var tensors = new Dictionary<string, StateTensor>(StringComparer.Ordinal);
        foreach (var (key, value) in dict.Entries)
        {
            if (value is not TorchTensor tensor)
            {
                continue;
            }

            if (key is not string { Length: <= SafetensorsHeader.MaxName } name)
            {
                throw new PickleException($"expected tensors with names of at most {SafetensorsHeader.MaxName} characters, found another key.");
            }

            tensors[name] = tensor with { Name = name };
        }

        return tensors.Count > 0
            ? tensors
            : throw new PickleException(
                $"expected a dict of tensors, or one under \"{string.Join("\", \"", Wrappers)}\", found {Keys(dict)}: save model.state_dict().");
    }

    private static PickleDict? Inner(PickleDict dict) => Wrappers.Select(dict.Find).OfType<PickleDict>().FirstOrDefault();

    private static string Keys(PickleDict dict)
    {
        var keys = dict.Entries.Select(e => e.Key as string ?? "?").Take(MaxListed + 1).ToArray();
        var listed = keys.Take(MaxListed).Select(key => CheckpointException.Shorten(key)).ToList();
        return keys.Length == 0 ? "an empty one" : $"the keys {string.Join(", ", listed)}{(keys.Length > MaxListed ? ", …" : "")}";
    }
}
