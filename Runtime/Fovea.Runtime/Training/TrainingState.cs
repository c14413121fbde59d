using System.Globalization;
using Fovea.Checkpoints;
using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Model;

namespace Fovea.Training;

/// <summary>
/// Everything that resuming needs, in one file that is replaced as a whole: weights, the optimiser's buffers (torch's names under
/// <c>optimizer.</c>, for each key),
/// steps, place in the data, sums of the running epoch, history, and the decisive options.
/// </summary>
internal sealed class TrainingState
{
    private const string Prefix = "fovea.training.";
    private const string NormalizerName = CheckpointReader.OptimizerPrefix + "loss_normalizer";

    /// <summary>Epochs done.</summary>
    public int Epoch { get; set; }

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

    public TrainingHistory History { get; private set; } = new();

    public void Save(DeviceModel model, Optimizer optimizer, IEnumerable<(string Name, string Value)> decisive, string path)
    {
        var metadata = new Dictionary<string, string>
        {
            [CheckpointKeys.Epoch] = Text(Epoch),
            [Prefix + "epoch"] = Text(Epoch),
            [Prefix + "iteration"] = Text(Iteration),
            [Prefix + "total_iterations"] = Text(TotalIterations),
            [Prefix + "steps"] = Text(optimizer.Steps),
            [Prefix + "classification"] = Text(Classification),
            [Prefix + "box"] = Text(Box),
            [Prefix + "gradient_norm"] = Text(GradientNorm),
            [Prefix + "seconds"] = Text(Seconds),
            [Prefix + "history"] = History.ToJsonLines(),
        };
        foreach (var (name, value) in decisive)
        {
            metadata[Prefix + "option." + name] = value;
        }

        CheckpointWriter.Save(model, path, metadata, writer => AddBuffers(model, optimizer, writer));
    }

    /// <exception cref="CheckpointException">
    /// It is damaged, of another model, of other classes, or of a training with other options.
    /// </exception>
    public static TrainingState Load(
        DeviceModel model, Optimizer optimizer, IEnumerable<(string Name, string Value)> decisive, string path, LoadOptions? options)
    {
        using var file = SafetensorsFile.Open(path);
        CheckOptions(file, decisive);
        var state = new TrainingState
        {
            Epoch = (int)Number(file, "epoch"),
            Iteration = (int)Number(file, "iteration"),
            TotalIterations = (int)Number(file, "total_iterations"),
            Classification = Number(file, "classification"),
            Box = Number(file, "box"),
            GradientNorm = Number(file, "gradient_norm"),
            Seconds = Number(file, "seconds"),
        };
        var steps = (int)Number(file, "steps");
        try
        {
            state.History = TrainingHistory.Parse(Field(file, "history"));
        }
        catch (FormatException e)
        {
            throw new CheckpointException(path, e.Message, e);
        }

        CheckBuffers(model, optimizer, file);
        var classes = CheckpointReader.Load(model, file, options);
        ReadBuffers(model, optimizer, file, classes);
        optimizer.Steps = steps;
        return state;
    }

    private static void AddBuffers(DeviceModel model, Optimizer optimizer, SafetensorsWriter writer)
    {
        foreach (var (buffer, name) in Buffers(optimizer))
        {
            foreach (var tensor in Learned(model))
            {
                writer.Add(Name(name, tensor), tensor.Shape, () => DetectorState.Read(model, tensor, buffer));
            }
        }

        if (model.Program.Description.Matching.NormalizerState is >= 0 and var element)
        {
            var value = new float[1];
            model.Read(StateBuffer.Statistics, element, value);
            writer.Add(NormalizerName, [1], () => value);
        }
    }

    private static void CheckBuffers(DeviceModel model, Optimizer optimizer, SafetensorsFile file)
    {
        foreach (var (_, name) in Buffers(optimizer))
        {
            foreach (var tensor in Learned(model))
            {
                var entry = file.Find(Name(name, tensor));
                if (!entry.Shape.AsSpan().SequenceEqual(tensor.Shape))
                {
                    throw new CheckpointException(
                        file.Path, $"{entry.Name}: expected [{string.Join(", ", tensor.Shape)}], found [{string.Join(", ", entry.Shape)}].");
                }
            }
        }
    }

    private static void ReadBuffers(DeviceModel model, Optimizer optimizer, SafetensorsFile file, ClassChannels classes)
    {
        foreach (var (buffer, name) in Buffers(optimizer))
        {
            foreach (var tensor in Learned(model))
            {
                DetectorState.Write(model, tensor, buffer, classes.Arrange(tensor, file.ReadSingles(Name(name, tensor))));
            }
        }

        if (model.Program.Description.Matching.NormalizerState is >= 0 and var element)
        {
            model.Write(StateBuffer.Statistics, element, file.ReadSingles(NormalizerName));
        }
    }

    private static (StateBuffer Buffer, string Name)[] Buffers(Optimizer optimizer)
    {
        (StateBuffer, string)[] all = optimizer.Options is Sgd
            ? [(StateBuffer.FirstMoment, "momentum_buffer")]
            :
            [
                (StateBuffer.FirstMoment, "exp_avg"), (StateBuffer.SecondMoment, "exp_avg_sq"), (StateBuffer.GreatestSecondMoment, "max_exp_avg_sq"),
            ];
        return all[..optimizer.Options.Moments];
    }

    private static IEnumerable<TensorInfo> Learned(DeviceModel model) =>
        model.Program.Description.Tensors.Where(t => t.Storage == TensorStorage.Trainable);

    private static string Name(string buffer, TensorInfo tensor) => $"{CheckpointReader.OptimizerPrefix}{buffer}.{tensor.Key}";

    private static void CheckOptions(SafetensorsFile file, IEnumerable<(string Name, string Value)> decisive)
    {
        var different = new List<string>();
        foreach (var (name, value) in decisive)
        {
            if (!file.Metadata.TryGetValue(Prefix + "option." + name, out var stored) || stored != value)
            {
                different.Add($"{name}: {value} now, {stored ?? "nothing"} in the file");
            }
        }

        if (different.Count > 0)
        {
            throw new CheckpointException(
                file.Path,
                $"belongs to a training with other options, so going on would not be the same training: {string.Join("; ", different)}. "
                + "Use the same options, or start anew from the weights with LoadWeights.");
        }
    }

    private static double Number(SafetensorsFile file, string field) =>
        double.TryParse(Field(file, field), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new CheckpointException(file.Path, $"__metadata__.{Prefix}{field}: expected a number, found \"{Field(file, field)}\".");

    private static string Field(SafetensorsFile file, string field) =>
        file.Metadata.TryGetValue(Prefix + field, out var text)
            ? text
            : throw new CheckpointException(
                file.Path, $"__metadata__.{Prefix}{field} is missing: expected the state of a training, not weights alone.");

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
