using System.Globalization;
using System.Text;
using Fovea.Checkpoints;
using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Model;

namespace Fovea.Training;

/// <summary>
/// Everything that resuming needs, in one file that is replaced as a whole: weights, the optimiser's buffers (torch's names under
/// <c>optimizer.</c>, for each key), where the training has them the averages of the weights (<c>ema.</c> and the key), steps, place in
/// the data, sums of the running epoch, history, and the decisive options.
/// </summary>
internal sealed class TrainingState
{
    private const string Prefix = "fovea.training.";
    private const string NormalizerName = "loss_normalizer";

    /// <summary>Lines of JSON as bytes: of many classes and epochs they are longer than a header may be.</summary>
    private const string HistoryName = CheckpointReader.OptimizerPrefix + "history";

    /// <summary>Epochs done.</summary>
    public int Epoch { get; set; }

    /// <summary>Epochs that the training is to have: as the options say, or as many as fit into its time. 0: not decided yet.</summary>
    public int Planned { get; set; }

    /// <summary>Seconds that the training took so far, evaluations included.</summary>
    public double Spent { get; set; }

    /// <summary>What the last evaluation took, in seconds; before the first, an estimate or 0.</summary>
    public double EvaluationSeconds { get; set; }

    /// <summary>Iterations done in the running epoch.</summary>
    public int Iteration { get; set; }

    /// <summary>Iterations done in all epochs.</summary>
    public int TotalIterations { get; set; }

    /// <summary>Sum of the running epoch's classification losses.</summary>
    public double Classification { get; set; }

    /// <summary>Sum of the running epoch's box losses.</summary>
    public double Box { get; set; }

    /// <summary>Sum of the running epoch's gradient norms.</summary>
    public double GradientNorm { get; set; }

    /// <summary>Seconds that the running epoch took so far.</summary>
    public double Seconds { get; set; }

    /// <summary>Iterations of the running epoch that were left out because they diverged.</summary>
    public int Skipped { get; set; }

    /// <summary>How many of the last iterations were left out, without one between them that was not.</summary>
    public int SkippedInRow { get; set; }

    /// <summary>How often the training has gone back to a checkpoint.</summary>
    public int Rollbacks { get; set; }

    /// <summary>Multiplies the learning rate; halved each time the training has gone back.</summary>
    public double RateFactor { get; set; } = 1;

    /// <summary>The learning rate of the last iteration.</summary>
    public double LearningRate { get; set; }

    /// <summary>
    /// Iterations of warm-up, as decided at the start: a finished training that is given more epochs does not begin it anew. Negative: not
    /// decided yet.
    /// </summary>
    public int Warmup { get; set; } = -1;

    public TrainingHistory History { get; private set; } = new();

    public void Save(DeviceModel model, Optimizer optimizer, IEnumerable<(string Name, string Value)> decisive, string path, string reason)
    {
        var metadata = new Dictionary<string, string>
        {
            [CheckpointKeys.Reason] = reason,
            [CheckpointKeys.Epoch] = Text(Epoch),
            [Prefix + "epoch"] = Text(Epoch),
            [Prefix + "planned"] = Text(Planned),
            [Prefix + "spent"] = Text(Spent),
            [Prefix + "evaluation_seconds"] = Text(EvaluationSeconds),
            [Prefix + "iteration"] = Text(Iteration),
            [Prefix + "total_iterations"] = Text(TotalIterations),
            [Prefix + "steps"] = Text(optimizer.Steps),
            [Prefix + "classification"] = Text(Classification),
            [Prefix + "box"] = Text(Box),
            [Prefix + "gradient_norm"] = Text(GradientNorm),
            [Prefix + "seconds"] = Text(Seconds),
            [Prefix + "skipped"] = Text(Skipped),
            [Prefix + "skipped_in_row"] = Text(SkippedInRow),
            [Prefix + "rollbacks"] = Text(Rollbacks),
            [Prefix + "rate_factor"] = Text(RateFactor),
            [Prefix + "learning_rate"] = Text(LearningRate),
            [Prefix + "warmup"] = Text(Warmup),
        };
        foreach (var (name, value) in decisive)
        {
            metadata[Prefix + "option." + name] = value;
        }

        CheckpointWriter.Save(model, path, metadata, writer =>
        {
            AddBuffers(model, optimizer, writer);
            writer.Add(HistoryName, Encoding.UTF8.GetBytes(History.ToJsonLines()));
        });
    }

    /// <summary>Reads a state into model and optimiser. All of it is read, and what it says checked, before anything changes.</summary>
    /// <exception cref="CheckpointException">
    /// It is damaged, of another model, of other classes, or of a training with other options.
    /// </exception>
    public static TrainingState Load(
        DeviceModel model, Optimizer optimizer, IReadOnlyList<(string Name, string Value)> decisive, string path, LoadOptions? options)
    {
        using var file = SafetensorsFile.Open(path);
        var state = new TrainingState
        {
            Epoch = Count(file, "epoch"),
            Planned = Count(file, "planned"),
            Spent = Number(file, "spent"),
            EvaluationSeconds = Number(file, "evaluation_seconds"),
            Iteration = Count(file, "iteration"),
            TotalIterations = Count(file, "total_iterations"),
            Classification = Number(file, "classification"),
            Box = Number(file, "box"),
            GradientNorm = Number(file, "gradient_norm"),
            Seconds = Number(file, "seconds"),
            Skipped = Count(file, "skipped"),
            SkippedInRow = Count(file, "skipped_in_row"),
            Rollbacks = Count(file, "rollbacks"),
            RateFactor = Number(file, "rate_factor"),
            LearningRate = Number(file, "learning_rate"),
            Warmup = Count(file, "warmup"),
        };
        CheckOptions(file, decisive, state.Epoch);
        var steps = Count(file, "steps");
        try
        {
            // Before it was a tensor it was a string.
            state.History = TrainingHistory.Parse(
                file.TryFind(HistoryName, out _) ? Encoding.UTF8.GetString(file.ReadBytes(HistoryName)) : Field(file, "history"));
        }
        catch (FormatException e)
        {
            throw new CheckpointException(path, e.Message, e);
        }

        if (state.History.Epochs.Count != state.Epoch)
        {
            throw new CheckpointException(
                path, $"{HistoryName}: expected {state.Epoch} epochs, found {state.History.Epochs.Count}.");
        }

        var buffers = ReadBuffers(model, optimizer, file);
        var (classes, _) = CheckpointReader.Load(model, file, options, isResuming: true);
        buffers.Write(model, classes);
        optimizer.Steps = steps;
        return state;
    }

    /// <summary>Images in a step of the training that a file holds; null where it does not say, which <see cref="Load"/> tells.</summary>
    /// <exception cref="CheckpointException">It is no safetensors file.</exception>
    public static int? BatchSizeOf(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return file.Metadata.TryGetValue($"{Prefix}option.{nameof(TrainerOptions.BatchSize)}", out var text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var batch) && batch > 0
            ? batch
            : null;
    }

    private static void AddBuffers(DeviceModel model, Optimizer optimizer, SafetensorsWriter writer)
    {
        foreach (var (buffer, tensor, name) in Tensors(model, optimizer))
        {
            writer.Add(name, tensor.Shape, () => DetectorState.Read(model, tensor, buffer));
        }

        foreach (var (buffer, element, name) in Normalizers(model, optimizer))
        {
            var value = new float[1];
            model.Read(buffer, element, value);
            writer.Add(name, [1], () => value);
        }
    }

    private static StateBuffers ReadBuffers(DeviceModel model, Optimizer optimizer, SafetensorsFile file)
    {
        var read = new StateBuffers();
        foreach (var (buffer, tensor, name) in Tensors(model, optimizer))
        {
            var entry = file.Find(name);
            if (!entry.Shape.AsSpan().SequenceEqual(tensor.Shape))
            {
                throw new CheckpointException(
                    file.Path, $"{entry.Name}: expected [{string.Join(", ", tensor.Shape)}], found [{string.Join(", ", entry.Shape)}].");
            }

            read.Tensors.Add((buffer, tensor, file.ReadSingles(entry.Name)));
        }

        foreach (var (buffer, element, name) in Normalizers(model, optimizer))
        {
            var value = new float[1];
            file.ReadSingles(name, value);
            read.Elements.Add((buffer, element, value));
        }

        return read;
    }

    /// <summary>What a state has beside the weights, in their shapes: moments, then averages.</summary>
    private static IEnumerable<(StateBuffer Buffer, TensorInfo Tensor, string Name)> Tensors(DeviceModel model, Optimizer optimizer)
    {
        var tensors = model.Program.Description.Tensors;
        foreach (var (buffer, name) in Moments(optimizer))
        {
            foreach (var tensor in tensors.Where(t => t.Storage == TensorStorage.Trainable))
            {
                yield return (buffer, tensor, $"{CheckpointReader.OptimizerPrefix}{name}.{tensor.Key}");
            }
        }

        foreach (var tensor in tensors.Where(t => optimizer.Averaging is not null && DetectorState.AverageOf(t) != StateBuffer.Parameters))
        {
            yield return (DetectorState.AverageOf(tensor), tensor, CheckpointReader.AveragePrefix + tensor.Key);
        }
    }

    /// <summary>The running loss normaliser, where the model has one, and its average.</summary>
    private static IEnumerable<(StateBuffer Buffer, int Element, string Name)> Normalizers(DeviceModel model, Optimizer optimizer)
    {
        if (model.Program.Description.Matching.NormalizerState is >= 0 and var element)
        {
            yield return (StateBuffer.Statistics, element, CheckpointReader.OptimizerPrefix + NormalizerName);
            if (optimizer.Averaging is not null)
            {
                yield return (StateBuffer.AveragedStatistics, element, CheckpointReader.AveragePrefix + NormalizerName);
            }
        }
    }

    private static (StateBuffer Buffer, string Name)[] Moments(Optimizer optimizer)
    {
        (StateBuffer, string)[] all = optimizer.Options is Sgd
            ? [(StateBuffer.FirstMoment, "momentum_buffer")]
            :
            [
                (StateBuffer.FirstMoment, "exp_avg"), (StateBuffer.SecondMoment, "exp_avg_sq"), (StateBuffer.GreatestSecondMoment, "max_exp_avg_sq"),
            ];
        return all[..optimizer.Options.Moments];
    }

    /// <param name="file">The state.</param>
    /// <param name="decisive">Of now.</param>
    /// <param name="done">Epochs that the state has behind it.</param>
    private static void CheckOptions(SafetensorsFile file, IReadOnlyList<(string Name, string Value)> decisive, int done)
    {
        var different = new List<string>();
        foreach (var (name, value) in decisive)
        {
            if (!file.Metadata.TryGetValue(Prefix + "option." + name, out var stored) || stored != value)
            {
                if (name != nameof(TrainerOptions.Epochs) || !IsExtension(stored, value, done))
                {
                    different.Add($"{name}: {value} now, {stored ?? "nothing"} in the file");
                }
            }
        }

        if (different.Count > 0)
        {
            throw new CheckpointException(
                file.Path,
                $"belongs to a training with other options, so going on would not be the same training: {string.Join("; ", different)}. "
                + "Use the same options, or start anew from the weights with LoadWeights. A finished training may be given more epochs.");
        }
    }

    /// <summary>Whether a training that has come to its end is given more epochs.</summary>
    private static bool IsExtension(string? stored, string now, int done) =>
        int.TryParse(stored, NumberStyles.None, CultureInfo.InvariantCulture, out var before)
        && int.TryParse(now, NumberStyles.None, CultureInfo.InvariantCulture, out var after)
        && done >= before && after > before;

    private static int Count(SafetensorsFile file, string field) =>
        int.TryParse(Field(file, field), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw new CheckpointException(file.Path, $"__metadata__.{Prefix}{field}: expected a count, found \"{Field(file, field)}\".");

    private static double Number(SafetensorsFile file, string field) =>
        double.TryParse(Field(file, field), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw new CheckpointException(file.Path, $"__metadata__.{Prefix}{field}: expected a number, found \"{Field(file, field)}\".");

    private static string Field(SafetensorsFile file, string field) =>
        file.Metadata.TryGetValue(Prefix + field, out var text)
            ? text
            : throw new CheckpointException(file.Path, $"__metadata__.{Prefix}{field} is missing: {WhatItIs(file)}");

    private static string WhatItIs(SafetensorsFile file) =>
        file.Metadata.Keys.Any(key => key.StartsWith(Prefix, StringComparison.Ordinal))
            ? "the training was begun by another version, which cannot be gone on with. Train on from its weights, which are in this file, "
                + "in another folder (--weights, LoadWeights)."
            : "expected the state of a training, not weights alone.";

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>What a file has beside the weights, read but not yet in the model.</summary>
    private sealed class StateBuffers
    {
        public List<(StateBuffer Buffer, TensorInfo Tensor, float[] Values)> Tensors { get; } = [];

        public List<(StateBuffer Buffer, int Element, float[] Value)> Elements { get; } = [];

        public void Write(DeviceModel model, ClassChannels classes)
        {
            foreach (var (buffer, tensor, values) in Tensors)
            {
                DetectorState.Write(model, tensor, buffer, classes.Arrange(tensor, values));
            }

            foreach (var (buffer, element, value) in Elements)
            {
                model.Write(buffer, element, value);
            }
        }
    }
}
