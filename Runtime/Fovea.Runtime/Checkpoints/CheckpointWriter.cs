using System.Globalization;
using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Files;
using Fovea.Model;

namespace Fovea.Checkpoints;

/// <summary>Writes a model's state under torchvision's keys and in torchvision's shapes, so that torchvision loads it, too.</summary>
internal static class CheckpointWriter
{
    public const string BatchesSuffix = "num_batches_tracked";

    /// <summary>ε of frozen batch norms in every compiled model (torchvision.ops.FrozenBatchNorm2d).</summary>
    public const float FrozenBatchNormEpsilon = 1e-5f;

    /// <param name="model">Whose state it is.</param>
    /// <param name="averaged">Whether the averages are written in place of the weights.</param>
    public static SafetensorsWriter Collect(DeviceModel model, bool averaged = false) => Collect(model, new SafetensorsWriter(), averaged);

    private static TWriter Collect<TWriter>(DeviceModel model, TWriter writer, bool averaged)
        where TWriter : ITensorWriter
    {
        var description = model.Program.Description;
        writer.AddMetadata("format", "pt");
        writer.AddMetadata(CheckpointKeys.Model, description.Name);
        writer.AddMetadata(CheckpointKeys.Backbone, description.Backbone);
        writer.AddMetadata(CheckpointKeys.Fingerprint, description.Fingerprint);
        writer.AddMetadata(CheckpointKeys.Architecture, description.ArchitectureFingerprint);
        writer.AddMetadata(CheckpointKeys.Classes, CheckpointKeys.WriteClasses(description.ClassNames));
        if (description.FrozenBatchNorm)
        {
            writer.AddMetadata(CheckpointKeys.FrozenBatchNormEpsilon, FrozenBatchNormEpsilon.ToString("R", CultureInfo.InvariantCulture));
        }

        var batches = model.BatchesTracked;
        foreach (var tensor in description.Tensors)
        {
            writer.Add(tensor.Key, tensor.Shape, () => DetectorState.Read(model, tensor, BufferOf(tensor)));
            if (BatchesKey(description, tensor) is { } key)
            {
                writer.Add(key, [], [batches]);
            }
        }

        return writer;

        StateBuffer BufferOf(TensorInfo tensor) => averaged ? DetectorState.AverageOf(tensor) : DetectorState.BufferOf(tensor);
    }

    public static void Save(
        DeviceModel model, string path, IReadOnlyDictionary<string, string>? metadata = null, Action<SafetensorsWriter>? more = null,
        bool averaged = false)
    {
        model.EnterRead();
        try
        {
            var writer = Collect(model, averaged);
            foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
            {
                writer.AddMetadata(key, value);
            }

            more?.Invoke(writer);
            Write(path, writer);
        }
        finally
        {
            model.ExitRead();
        }
    }

    /// <summary>Writes a file in a form of the caller's choice.</summary>
    /// <exception cref="CheckpointException">It could not be written; the old file is whole.</exception>
    public static void Save(DeviceModel model, string path, WeightsFormat format)
    {
        if (format == WeightsFormat.Safetensors)
        {
            Save(model, path);
            return;
        }

        Write(path, stream => Save(model, stream, format, path));
    }

    /// <param name="model">Whose state it is.</param>
    /// <param name="destination">Takes everything from its position on.</param>
    /// <param name="format">The form.</param>
    /// <param name="name">How messages call it.</param>
    public static void Save(DeviceModel model, Stream destination, WeightsFormat format, string name = "checkpoint stream")
    {
        model.EnterRead();
        try
        {
            ITensorWriter writer = format switch
            {
                WeightsFormat.Safetensors => new SafetensorsWriter(),
                WeightsFormat.Torch => new TorchWriter(name),
                _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Expected a member of WeightsFormat."),
            };
            Collect(model, writer, averaged: false).Write(destination);
        }
        finally
        {
            model.ExitRead();
        }
    }

    /// <param name="path">The file to replace.</param>
    /// <param name="content">Tensors and metadata.</param>
    /// <param name="open">Opens the file beside; tests give one that fails.</param>
    /// <exception cref="CheckpointException">It could not be written; the old file is whole.</exception>
    public static void Write(string path, SafetensorsWriter content, Func<string, Stream>? open = null) =>
        Write(path, content.Write, open);

    private static void Write(string path, Action<Stream> write, Func<string, Stream>? open = null)
    {
        try
        {
            AtomicFile.Write(path, write, open);
        }
        catch (IOException e)
        {
            throw new CheckpointException(path, e);
        }
    }

    /// <summary>The key under which a batch norm counts batches, for its last tensor; null for other tensors.</summary>
    public static string? BatchesKey(ModelDescription model, TensorInfo tensor) =>
        model.TracksBatches && tensor.Role == TensorRole.RunningVariance
            ? string.Concat(tensor.Key.AsSpan(0, tensor.Key.LastIndexOf('.') + 1), BatchesSuffix)
            : null;
}
