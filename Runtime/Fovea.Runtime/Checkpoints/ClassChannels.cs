using System.Globalization;
using System.Text;

namespace Fovea.Checkpoints;

/// <summary>Which class channel of a file each of the model's comes from.</summary>
internal sealed class ClassChannels
{
    private const int MaxListed = 8;

    private static readonly ClassChannels Unchanged = new("", null, 0);

    private readonly string prefix;

    /// <summary>For each of the model's channels the file's; −1: first weights. Null: as they are.</summary>
    private readonly int[]? sources;
    private readonly int fileChannels;

    private ClassChannels(string classLayer, int[]? sources, int fileChannels) =>
        (prefix, this.sources, this.fileChannels) = (classLayer + ".", sources, fileChannels);

    /// <summary>Classes of the model that the file has not, whose channels get first weights.</summary>
    public IReadOnlyList<string> Added { get; private init; } = [];

    /// <summary>Classes of the file that the model has not.</summary>
    public IReadOnlyList<string> Dropped { get; private init; } = [];

    /// <summary>The tensors of the class layer, where none of its channels is taken though the shapes fit.</summary>
    public IReadOnlyList<InitializedTensor> Initialized { get; private init; } = [];

    /// <summary>Whether a tensor has the classes as its channels.</summary>
    public static bool HasClasses(ModelDescription model, TensorInfo tensor) => tensor.Key.StartsWith(model.ClassLayer + ".", StringComparison.Ordinal);

    /// <summary>Compares the file's classes with the model's.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The checkpoint.</param>
    /// <param name="options">How classes are found.</param>
    /// <param name="match">What is taken: without the class layer no class is looked at.</param>
    /// <exception cref="CheckpointException">They are others, or lie on other channels than the options allow.</exception>
    public static ClassChannels Match(ModelDescription model, StateDict file, LoadOptions options, StateMatch match)
    {
        if (options.Rule == LoadRule.BackboneOnly && (options.Classes == ClassMatching.ByName || options.RenamedClasses.Count > 0))
        {
            throw new CheckpointException(
                file.Path, "LoadRule.BackboneOnly takes no classes: leave ClassMatching.ByName and RenamedClasses out, or take another rule.");
        }

        if (options is { Classes: ClassMatching.ByChannel, Rule: LoadRule.ByClassName })
        {
            throw new CheckpointException(file.Path, "LoadRule.ByClassName was given with ClassMatching.ByChannel: leave one of the two out.");
        }

        if (options.Classes == ClassMatching.ByChannel)
        {
            return options.RenamedClasses.Count == 0
                ? Unchanged
                : throw new CheckpointException(
                    file.Path, "RenamedClasses was given, but ClassMatching.ByChannel asks for no names: leave one of the two out.");
        }

        if (!model.Tensors.Any(t => HasClasses(model, t) && match.Taken.ContainsKey(t.Key)))
        {
            return Unchanged;
        }

        // Before the fingerprint covered the classes there was no hash without them.
        var fingerprint = file.Metadata.GetValueOrDefault(CheckpointKeys.Fingerprint);
        var isOld = fingerprint is not null && !file.Metadata.ContainsKey(CheckpointKeys.Architecture);
        if (CheckpointKeys.ReadClasses(file) is not { } stored)
        {
            return WithoutNames(model, file, options, isOld, fingerprint);
        }

        var found = Renamed(stored, file, options.RenamedClasses);
        if (found.AsSpan().SequenceEqual(model.ClassNames))
        {
            if (isOld)
            {
                Warn(options, file, "It names the same classes as the detector; saved again, it is checked.");
            }

            return Unchanged;
        }

        var isPermutation = found.Length == model.ClassNames.Length && Named(found).SetEquals(Named(model.ClassNames));
        if (options.IsByName && (isPermutation || (options.MayHaveOtherClasses && Named(found).Overlaps(Named(model.ClassNames)))))
        {
            return new ClassChannels(model.ClassLayer, Sources(model.ClassNames, found), found.Length)
            {
                Added = [.. Named(model.ClassNames).Except(Named(found))],
                Dropped = [.. Named(found).Except(Named(model.ClassNames))],
            };
        }

        if (isOld && !options.IsByName)
        {
            Warn(options, file, $"Its channels are read as they are, but {Difference(model, found, isPermutation)}");
            return Unchanged;
        }

        return options.Rule == LoadRule.Partial
            ? Nothing(model, found)
            : throw new CheckpointException(file.Path, Difference(model, found, isPermutation));
    }

    /// <summary>Whether anything of a tensor is the file's.</summary>
    public bool Takes(TensorInfo tensor) => Initialized.All(i => i.Name != tensor.Key);

    /// <summary>Puts the class channels of a tensor in torchvision's shape where the model has them; others stay as they are.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="stored">The file's values.</param>
    /// <param name="first">Its first weights, which channels that the file has not get; null: it has them all.</param>
    public float[] Arrange(TensorInfo tensor, float[] stored, Func<float[]>? first = null)
    {
        if (sources is null || !tensor.Key.StartsWith(prefix, StringComparison.Ordinal))
        {
            return stored;
        }

        var (rows, classes) = (tensor.Shape[0], sources.Length);
        var length = tensor.Length / rows;
        var arranged = sources.Contains(-1) ? first!() : new float[tensor.Length];
        for (var row = 0; row < rows; row++)
        {
            var (anchor, channel) = Math.DivRem(row, classes);
            if (sources[channel] is >= 0 and var source)
            {
                stored.AsSpan(((anchor * fileChannels) + source) * length, length).CopyTo(arranged.AsSpan(row * length));
            }
        }

        return arranged;
    }

    /// <summary>Other classes on channels of the same number: none of them is taken for the model's.</summary>
    private static ClassChannels Nothing(ModelDescription model, string?[] found) => new("", null, 0)
    {
        Initialized =
        [
            .. model.Tensors.Where(t => HasClasses(model, t))
                .Select(t => new InitializedTensor(t.Key, $"classes {Text(model.ClassNames)}", $"classes {Text(found)}")),
        ],
    };

    private static ClassChannels WithoutNames(
        ModelDescription model, StateDict file, LoadOptions options, bool isOld, string? fingerprint)
    {
        if (options.IsByName || options.RenamedClasses.Count > 0)
        {
            throw new CheckpointException(
                file.Path, "names no classes, so that they cannot be found by name: expected a checkpoint of Fovea, "
                + "or LoadOptions without LoadRule.ByClassName, ClassMatching.ByName and RenamedClasses.");
        }

        if (fingerprint is not null && !isOld && fingerprint != model.Fingerprint)
        {
            throw new CheckpointException(
                file.Path, $"was saved with other classes than {Text(model.ClassNames)}, and does not name them: load a whole file, "
                + "or this one as it is with ClassMatching.ByChannel.");
        }

        if (isOld)
        {
            Warn(options, file, $"It names none; they are read as {Text(model.ClassNames)}.");
        }

        return Unchanged;
    }

    private static string?[] Renamed(string?[] stored, StateDict file, IReadOnlyDictionary<string, string> names)
    {
        // A file that was saved since has the new name already: a resumed training reads both kinds with the same options.
        var present = Named(stored);
        var unknown = names.Where(pair => !present.Contains(pair.Key) && !present.Contains(pair.Value)).Select(pair => pair.Key).ToArray();
        if (unknown.Length > 0)
        {
            throw new CheckpointException(
                file.Path, $"has classes {Text(stored)}, but RenamedClasses (--rename-class) names {string.Join(", ", unknown)}: expected "
                + "names of the file, each with the detector's.");
        }

        var renamed = Array.ConvertAll(stored, name => name is not null && names.TryGetValue(name, out var other) ? other : name);
        return renamed.OfType<string>().GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new CheckpointException(
                file.Path, $"has classes {Text(stored)}, two of which would be called {twice.Key}: expected RenamedClasses to give each "
                + "a name of its own.")
            : renamed;
    }

    private static HashSet<string> Named(string?[] names) => names.OfType<string>().ToHashSet(StringComparer.Ordinal);

    /// <summary>Classes by their names; the model's gaps, which mean nothing, take the file's in their order.</summary>
    private static int[] Sources(string?[] model, string?[] file)
    {
        var gaps = new Queue<int>(Enumerable.Range(0, file.Length).Where(channel => file[channel] is null));
        return Array.ConvertAll(model, name => name is not null ? Array.IndexOf(file, name) : gaps.TryDequeue(out var gap) ? gap : -1);
    }

    private static string Difference(ModelDescription model, string?[] found, bool isPermutation)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"the classes differ from those of {model.Name}. ");
        var count = Math.Max(found.Length, model.ClassNames.Length);
        var channels = Enumerable.Range(0, count).Where(c => At(model.ClassNames, c) != At(found, c)).ToArray();
        text.AppendJoin("; ", channels.Take(MaxListed).Select(
            c => $"channel {c}: expected {At(model.ClassNames, c) ?? "no class"}, found {At(found, c) ?? "no class"}"));
        text.Append(channels.Length > MaxListed ? $"; … and {channels.Length - MaxListed} more. " : ". ");
        if (isPermutation)
        {
            return text.Append(
                "They are the same classes on other channels: ClassMatching.ByName in LoadOptions (--classes-by-name) puts each in its place.")
                .ToString();
        }

        Append(text, "Not in the file", Named(model.ClassNames).Except(Named(found)));
        Append(text, "Only in the file", Named(found).Except(Named(model.ClassNames)));
        return text.Append(
            "If they have only been renamed, say how in LoadOptions.RenamedClasses (--rename-class OLD=NEW); to train on from other classes' "
            + "weights, take LoadRule.ByClassName (--load classes) or ClassMatching.ByChannel.").ToString();
    }

    private static void Append(StringBuilder text, string title, IEnumerable<string> names)
    {
        var all = names.ToArray();
        if (all.Length > 0)
        {
            text.Append(title).Append(": ").AppendJoin(", ", all.Take(MaxListed));
            text.Append(all.Length > MaxListed ? $", … and {all.Length - MaxListed} more. " : ". ");
        }
    }

    private static string? At(string?[] names, int channel) => channel < names.Length ? names[channel] : null;

    private static string Text(string?[] names) => CheckpointKeys.WriteClasses(names);

    private static void Warn(LoadOptions options, StateDict file, string what)
    {
        options.Warn($"{file.Path}: was written before checkpoints were checked for their classes. {what}");
    }
}
