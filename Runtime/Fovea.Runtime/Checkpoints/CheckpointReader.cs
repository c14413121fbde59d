using System.Globalization;
using Fovea.Checkpoints.Onnx;
using Fovea.CompilerServices;
using Fovea.Devices;

namespace Fovea.Checkpoints;

/// <summary>Reads a state dict into a model: all that the rule asks for or, where anything of that does not fit, nothing.</summary>
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

    /// <summary>Reads what the options ask for; the model changes when all of it is read.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The checkpoint.</param>
    /// <param name="options">How to read it; null: all of it, as it is.</param>
    /// <param name="isResuming">Whether a training goes on from it, to which every tensor and class belongs.</param>
    /// <returns>
    /// How the file's class channels became the model's (what else the file has by channel is read the same way), and what was taken.
    /// </returns>
    /// <exception cref="CheckpointException">It does not fit, or cannot be read; the model is as it was.</exception>
    public static (ClassChannels Classes, LoadReport Report) Load(
        DeviceModel model, StateDict file, LoadOptions? options, bool isResuming = false)
    {
        options ??= new LoadOptions();
        options = isResuming ? options with { Rule = LoadRule.Exact } : options;
        var description = model.Program.Description;
        if (file is OnnxModel network)
        {
            file = OnnxBackbone.Of(description, network, options);
        }

        var match = StateMatch.Of(description, file, options);
        var classes = ClassChannels.Match(description, file, options, match);
        var shift = VarianceShift(description, file, options.FrozenBatchNormEpsilon);
        var batches = ReadBatches(description, file, match.Names);
        var seed = options.Seed ?? model.Seed;

        // All of it is in memory before the first weight changes: a file that is cut while it is read changes nothing.
        var read = new List<(TensorInfo Tensor, float[] Values)>(description.Tensors.Length);
        foreach (var tensor in description.Tensors)
        {
            read.Add((tensor, match.Taken.TryGetValue(tensor.Key, out var name) && classes.Takes(tensor)
                ? classes.Arrange(tensor, Shifted(tensor, file.ReadSingles(name), shift), () => FirstWeights(tensor, seed))
                : FirstWeights(tensor, seed)));
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

        var report = new LoadReport
        {
            File = file.Path,
            Loaded = description.Tensors.Count(t => match.Taken.ContainsKey(t.Key) && classes.Takes(t)),
            Initialized = [.. match.Initialized, .. classes.Initialized],
            Ignored = match.Ignored,
            AddedClasses = classes.Added,
            DroppedClasses = classes.Dropped,
        };
        Tell(report, options);
        return (classes, report);
    }

    private static float[] FirstWeights(TensorInfo tensor, ulong seed)
    {
        var values = new float[tensor.Length];
        WeightInitializer.Fill(tensor, seed, values);
        return values;
    }

    private static float[] Shifted(TensorInfo tensor, float[] values, double shift)
    {
        if (shift != 0 && tensor.Role == TensorRole.RunningVariance)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(values[i] + shift);
            }
        }

        return values;
    }

    /// <summary>What has first weights though the file was to give it. Of a backbone alone the rest was not asked for.</summary>
    private static void Tell(LoadReport report, LoadOptions options)
    {
        if (options.Rule == LoadRule.BackboneOnly)
        {
            return;
        }

        foreach (var line in report.Differences)
        {
            options.Warn($"{report.File}: {line}");
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

    private static long ReadBatches(ModelDescription model, StateDict file, StateNames names)
    {
        foreach (var tensor in model.Tensors)
        {
            if (CheckpointWriter.BatchesKey(model, tensor) is { } key && names.Files.TryGetValue(key, out var name) && file.Find(name).Length == 1)
            {
                return file.ReadIntegers(name)[0] is >= 0 and var batches
                    ? batches
                    : throw new CheckpointException(file.Path, $"{name}: expected 0 or more, found {file.ReadIntegers(name)[0]}.");
            }
        }

        return 0;
    }
}
