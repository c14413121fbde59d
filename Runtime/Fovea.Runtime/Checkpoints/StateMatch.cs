namespace Fovea.Checkpoints;

/// <summary>Which of the model's tensors a checkpoint gives, by the rule that it is read with.</summary>
internal sealed class StateMatch
{
    private readonly Dictionary<string, string> taken = new(StringComparer.Ordinal);
    private readonly List<InitializedTensor> initialized = [];
    private readonly List<string> ignored = [];

    private StateMatch(StateNames names) => Names = names;

    /// <summary>The file's names.</summary>
    public StateNames Names { get; }

    /// <summary>For each key that the file gives, the file's name of it.</summary>
    public IReadOnlyDictionary<string, string> Taken => taken;

    /// <summary>What the file does not give.</summary>
    public IReadOnlyList<InitializedTensor> Initialized => initialized;

    /// <summary>The file's names that nothing is taken from.</summary>
    public IReadOnlyList<string> Ignored => ignored;

    /// <summary>Compares names and shapes.</summary>
    /// <exception cref="CheckpointException">The rule asks for more; everything that does not fit is listed.</exception>
    public static StateMatch Of(ModelDescription model, StateDict file, LoadOptions options)
    {
        var match = new StateMatch(StateNames.Of(file));
        var problems = new StateProblems(model, file, options.Rule, match.Names.IsClassifier);
        var classes = options.MayHaveOtherClasses ? CheckpointKeys.ReadClasses(file)?.Length : null;
        foreach (var tensor in model.Tensors)
        {
            match.Compare(tensor.Key, ShapeOf(model, tensor, classes), file, options.Rule, problems);
        }

        match.FindIgnored(model, file, options.Rule, problems);

        // The hash covers the number of classes: of another number it says nothing of the rest.
        problems.CheckArchitecture(isComparable: classes is null || classes == model.ClassNames.Length);
        return problems.Any || match.taken.Count == 0 ? throw problems.ToException(match.taken.Count) : match;
    }

    /// <summary>The shape that a file of so many classes has; null: as many as the model.</summary>
    private static int[] ShapeOf(ModelDescription model, TensorInfo tensor, int? classes) =>
        classes is { } count && ClassChannels.HasClasses(model, tensor)
            ? [tensor.Shape[0] / model.ClassNames.Length * count, .. tensor.Shape[1..]]
            : tensor.Shape;

    private static bool IsBackbone(string key) => key.StartsWith(StateNames.Backbone, StringComparison.Ordinal);

    private void Compare(string key, int[] expected, StateDict file, LoadRule rule, StateProblems problems)
    {
        var isWanted = rule != LoadRule.BackboneOnly || IsBackbone(key);
        var shape = StateTensor.Text(expected);
        var found = Names.Files.TryGetValue(key, out var name) ? file.Find(name) : null;
        if (isWanted && found is not null && found.Shape.AsSpan().SequenceEqual(expected))
        {
            taken.Add(key, found.Name);
            return;
        }

        initialized.Add(new InitializedTensor(key, shape, found?.ShapeText));
        if (isWanted && found is null)
        {
            problems.Missing.Add($"{key} {shape}");
        }
        else if (isWanted)
        {
            problems.Misshaped.Add($"{key}: expected {shape}, found {found!.ShapeText}");
        }
    }

    private void FindIgnored(ModelDescription model, StateDict file, LoadRule rule, StateProblems problems)
    {
        var keys = model.Tensors.Select(t => t.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, name) in Names.Files)
        {
            if (taken.ContainsKey(key) || key.EndsWith("." + CheckpointWriter.BatchesSuffix, StringComparison.Ordinal))
            {
                continue;
            }

            ignored.Add(name);
            var isWanted = rule != LoadRule.BackboneOnly || (IsBackbone(key) && !Names.IsClassifierHead(key));
            if (isWanted && !keys.Contains(key))
            {
                problems.Unexpected.Add($"{name} {file.Find(name).ShapeText}");
            }
        }
    }
}
