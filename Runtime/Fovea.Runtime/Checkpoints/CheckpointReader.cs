using System.Globalization;
using System.Text;
using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Model;

namespace Fovea.Checkpoints;

/// <summary>Reads a state dict into a model: all of it or, where anything does not fit, nothing.</summary>
/// <remarks>
/// A frozen batch norm's ε is a constant of the compiled model. Weights that were trained with another ε keep their meaning by moving
/// the difference into the variance:
/// σ² + ε_file = (σ² + ε_file − ε_model) + ε_model. Saving then writes that variance, which belongs to ε_model, as the metadata says.
/// </remarks>
internal static class CheckpointReader
{
    /// <summary>Tensors under this prefix belong to a training state, not to the model.</summary>
    public const string OptimizerPrefix = "optimizer.";

    /// <summary>Tensors under this prefix are a training's averages of the model's.</summary>
    public const string AveragePrefix = "ema.";

    /// <summary>
    /// Start of the SHA-256 (and end of the file name) of torchvision's first COCO weights, which were trained with ε = 0.
    /// </summary>
    public const string PublishedHash = "eeacb38b";

    private const int MaxListed = 12;

    /// <summary>Characters of a line of what does not fit.</summary>
    private const int MaxLine = 200;

    /// <returns>
    /// How the file's class channels became the model's (what else the file has by channel is read the same way), and what was taken.
    /// </returns>
    public static (ClassChannels Classes, LoadReport Report) Load(DeviceModel model, StateDict file, LoadOptions? options)
    {
        options ??= new LoadOptions();
        var description = model.Program.Description;
        var names = MatchTensors(description, file);
        var classes = ClassChannels.Match(description, file, options);
        var shift = VarianceShift(description, file, options.FrozenBatchNormEpsilon);
        var batches = ReadBatches(description, file);

        // All of it is in memory before the first weight changes: a file that is cut while it is read changes nothing.
        var read = new List<(TensorInfo Tensor, float[] Values)>(description.Tensors.Length);
        foreach (var tensor in description.Tensors)
        {
            var values = classes.Arrange(tensor, file.ReadSingles(names[tensor.Key]));
            if (shift != 0 && tensor.Role == TensorRole.RunningVariance)
            {
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = (float)(values[i] + shift);
                }
            }

            read.Add((tensor, values));
        }

        model.EnterWrite();
        try
        {
            foreach (var (tensor, values) in read)
            {
                DetectorState.Write(model, tensor, DetectorState.BufferOf(tensor), values);
            }

            DetectorState.ResetNormalizer(model);
            model.BatchesTracked = batches;
            model.HasOwnWeights = true;
        }
        finally
        {
            model.StateChanged();
            model.ExitWrite();
        }

        return (classes, new LoadReport(file.Path, read.Count, [], []));
    }

    /// <summary>For each of the model's keys, the file's name of it. Everything that does not fit is listed in one error.</summary>
    private static Dictionary<string, string> MatchTensors(ModelDescription model, StateDict file)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in file.Tensors.Keys)
        {
            if (name.StartsWith(OptimizerPrefix, StringComparison.Ordinal)
                || name.StartsWith(AveragePrefix, StringComparison.Ordinal)
                || name.EndsWith("." + CheckpointWriter.BatchesSuffix, StringComparison.Ordinal))
            {
                continue;
            }

            var translated = KeyMigration.Translate(name);
            names[file.Tensors.ContainsKey(translated) ? name : translated] = name;
        }

        var wanted = model.Tensors.Select(t => t.Key).ToHashSet(StringComparer.Ordinal);
        var missing = model.Tensors.Where(t => !names.ContainsKey(t.Key)).Select(t => $"{t.Key} {Shape(t.Shape)}").ToList();
        var unexpected = names.Where(n => !wanted.Contains(n.Key)).Select(n => $"{n.Value} {Shape(file.Tensors[n.Value].Shape)}").ToList();
        var misshaped = model.Tensors
            .Where(t => names.TryGetValue(t.Key, out var name) && !file.Tensors[name].Shape.AsSpan().SequenceEqual(t.Shape))
            .Select(t => $"{t.Key}: expected {Shape(t.Shape)}, found {Shape(file.Tensors[names[t.Key]].Shape)}").ToList();
        var otherModel = ArchitectureOf(file) is { } architecture && architecture != model.ArchitectureFingerprint;
        if (otherModel || missing.Count + unexpected.Count + misshaped.Count > 0)
        {
            throw new CheckpointException(file.Path, Explain(model, file, otherModel, missing, unexpected, misshaped));
        }

        return names;
    }

    private static string? ArchitectureOf(StateDict file) =>
        file.Metadata.GetValueOrDefault(CheckpointKeys.Architecture) ?? file.Metadata.GetValueOrDefault(CheckpointKeys.Fingerprint);

    private static string Explain(
        ModelDescription model, StateDict file, bool otherModel,
        List<string> missing, List<string> unexpected, List<string> misshaped)
    {
        var text = new StringBuilder();
        text.Append("is no checkpoint of ").Append(Describe(model.Name, model.Backbone, CheckpointKeys.WriteClasses(model.ClassNames)));
        if (otherModel)
        {
            file.Metadata.TryGetValue(CheckpointKeys.Model, out var name);
            file.Metadata.TryGetValue(CheckpointKeys.Backbone, out var backbone);
            file.Metadata.TryGetValue(CheckpointKeys.Classes, out var classes);
            var found = Describe(name ?? "?", backbone ?? "?", classes ?? "?");
            text.Append(", but of ").Append(CheckpointException.Shorten(found, MaxLine));
        }

        text.Append('.');
        Append(text, "missing", missing);
        Append(text, "unexpected", unexpected);
        Append(text, "of another shape", misshaped);
        if (missing.Count + unexpected.Count + misshaped.Count == 0)
        {
            text.Append(" The shapes agree, but anchors or pixels' normalisation differ: load it with the detector it was saved from.");
        }

        return text.ToString();
    }

    private static string Describe(string name, string backbone, string classes) => $"{name} ({backbone}, classes {classes})";

    private static void Append(StringBuilder text, string title, List<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\n  {lines.Count} {title}:");
        foreach (var line in lines.Take(MaxListed))
        {
            text.Append("\n    ").Append(CheckpointException.Shorten(line, MaxLine));
        }

        if (lines.Count > MaxListed)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n    … and {lines.Count - MaxListed} more");
        }
    }

    /// <summary>ε of the file − ε of the model.</summary>
    private static double VarianceShift(ModelDescription model, StateDict file, float? given)
    {
        if (!model.FrozenBatchNorm)
        {
            return given is null
                ? 0
                : throw new CheckpointException(
                    file.Path, $"FrozenBatchNormEpsilon was given, but {model.Name} has no frozen batch norms: leave it out.");
        }

        if (given is { } value && !(value >= 0 && float.IsFinite(value)))
        {
            var problem = FormattableString.Invariant($"FrozenBatchNormEpsilon is {value}: expected 0 or more.");
            throw new CheckpointException(file.Path, problem);
        }

        // In double and exact for the model's own ε, so that a file of ours comes back with the same bits.
        var epsilon = given ?? StoredEpsilon(file) ?? (IsPublished(file) ? 0f : CheckpointWriter.FrozenBatchNormEpsilon);
        return (double)epsilon - CheckpointWriter.FrozenBatchNormEpsilon;
    }

    private static float? StoredEpsilon(StateDict file)
    {
        if (!file.Metadata.TryGetValue(CheckpointKeys.FrozenBatchNormEpsilon, out var text))
        {
            return null;
        }

        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0
            ? value
            : throw new CheckpointException(
                file.Path, $"__metadata__.{CheckpointKeys.FrozenBatchNormEpsilon}: expected a number of 0 or more, found \"{text}\".");
    }

    /// <summary>The published file by its content, or, converted to safetensors, by the hash that its name ends with.</summary>
    private static bool IsPublished(StateDict file)
    {
        if (Path.GetFileName(file.Path).Contains(PublishedHash, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return Convert.ToHexStringLower(file.Hash()).StartsWith(PublishedHash, StringComparison.Ordinal);
    }

    private static long ReadBatches(ModelDescription model, StateDict file)
    {
        foreach (var tensor in model.Tensors)
        {
            if (CheckpointWriter.BatchesKey(model, tensor) is { } key && file.TryFind(key, out var entry) && entry.Length == 1)
            {
                return file.ReadIntegers(key)[0] is >= 0 and var batches
                    ? batches
                    : throw new CheckpointException(file.Path, $"{key}: expected 0 or more, found {file.ReadIntegers(key)[0]}.");
            }
        }

        return 0;
    }

    private static string Shape(int[] shape) => $"[{string.Join(", ", shape)}]";
}
