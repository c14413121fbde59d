namespace Fovea.Checkpoints;

/// <summary>A checkpoint's names as the model's keys: without what programs put before them, and by torchvision's names of today.</summary>
internal sealed class StateNames
{
    /// <summary>Where the backbone is in a detector's state dict.</summary>
    public const string Backbone = "backbone.body.";

    /// <summary>What DataParallel, torch.compile and Lightning put before every name.</summary>
    private static readonly string[] Wrappers = ["module.", "_orig_mod.", "model."];

    private readonly Dictionary<string, string> files = new(StringComparer.Ordinal);

    private StateNames()
    {
    }

    /// <summary>For each key the file's name.</summary>
    public IReadOnlyDictionary<string, string> Files => files;

    /// <summary>Whether it is one of torchvision's ResNets for classification, whose names begin at the backbone.</summary>
    public bool IsClassifier { get; private init; }

    /// <summary>Whether it is the part of such a ResNet that no detector has.</summary>
    public bool IsClassifierHead(string key) => IsClassifier && key.StartsWith(Backbone + "fc.", StringComparison.Ordinal);

    /// <summary>The names of a file; of a training state those of its weights.</summary>
    public static StateNames Of(StateDict file)
    {
        var stored = file.Tensors.Keys.Where(name => !IsTrainingState(name)).ToArray();
        var cut = CommonPrefix(stored);
        var keys = stored.Select(name => name[cut..]).ToHashSet(StringComparer.Ordinal);
        var isWhole = keys.Any(key => key.StartsWith("backbone.", StringComparison.Ordinal));
        var isClassifier = !isWhole && keys.Contains("conv1.weight");
        var root = isClassifier ? Backbone : !isWhole && keys.Contains("body.conv1.weight") ? "backbone." : "";
        var names = new StateNames { IsClassifier = isClassifier };
        foreach (var name in stored)
        {
            var key = root + name[cut..];
            var translated = KeyMigration.Translate(key);
            names.files[keys.Contains(translated) ? key : translated] = name;
        }

        return names;
    }

    private static bool IsTrainingState(string name) =>
        name.StartsWith(CheckpointReader.OptimizerPrefix, StringComparison.Ordinal)
        || name.StartsWith(CheckpointReader.AveragePrefix, StringComparison.Ordinal);

    /// <summary>Characters of the wrappers' names that all begin with.</summary>
    private static int CommonPrefix(string[] names)
    {
        var cut = 0;
        while (names.Length > 0
            && Wrappers.FirstOrDefault(w => names.All(n => n.AsSpan(cut).StartsWith(w, StringComparison.Ordinal))) is { } wrapper)
        {
            cut += wrapper.Length;
        }

        return cut;
    }
}
