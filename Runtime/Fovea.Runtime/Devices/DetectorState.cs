using Fovea.CompilerServices;
using Fovea.Description;

namespace Fovea.Devices;

/// <summary>A model's tensors by torchvision's key, in torchvision's shape.</summary>
internal static class DetectorState
{
    /// <summary>
    /// detectron2/modeling/meta_arch/retinanet.py: loss_normalizer = 100, "initialize with any reasonable #fg that's not too small".
    /// </summary>
    private const float FirstNormalizer = 100;

    public static TensorInfo Find(ModelDescription model, string key)
    {
        foreach (var tensor in model.Tensors)
        {
            if (tensor.Key == key)
            {
                return tensor;
            }
        }

        throw new ArgumentException($"{model.Name} has no tensor \"{key}\": expected a key such as \"{model.Tensors[0].Key}\".", nameof(key));
    }

    /// <summary>Sets Detectron2's running loss normaliser, where the model has one, to its first value.</summary>
    public static void ResetNormalizer(DeviceModel model)
    {
        if (model.Program.Description.Matching.NormalizerState >= 0)
        {
            model.Write(StateBuffer.Statistics, model.Program.Description.Matching.NormalizerState, [FirstNormalizer]);
        }
    }

    /// <summary>Takes a model's parameters and running statistics over into another of the same program.</summary>
    public static void Copy(DeviceModel from, DeviceModel to)
    {
        var description = from.Program.Description;
        foreach (var (buffer, length) in ((StateBuffer, int)[])
            [(StateBuffer.Parameters, description.ParameterLength), (StateBuffer.Statistics, description.StatisticsLength)])
        {
            if (length > 0)
            {
                var values = new float[length];
                from.Read(buffer, 0, values);
                to.Write(buffer, 0, values);
            }
        }

        to.BatchesTracked = from.BatchesTracked;
        to.HasOwnWeights = from.HasOwnWeights;
        to.Seed = from.Seed;
        to.StateChanged();
    }

    /// <summary>A copy of the running statistics, and of what else forward moves.</summary>
    public static void ReadStatistics(DeviceModel model, Span<float> destination)
    {
        if (destination.Length > 0)
        {
            model.Read(StateBuffer.Statistics, 0, destination);
        }
    }

    /// <summary>Puts a copy back.</summary>
    public static void WriteStatistics(DeviceModel model, ReadOnlySpan<float> statistics)
    {
        model.EnterWrite();
        try
        {
            if (statistics.Length > 0)
            {
                model.Write(StateBuffer.Statistics, 0, statistics);
            }
        }
        finally
        {
            model.StateChanged();
            model.ExitWrite();
        }
    }

    public static StateBuffer BufferOf(TensorInfo tensor) =>
        tensor.Storage == TensorStorage.Statistics ? StateBuffer.Statistics : StateBuffer.Parameters;

    /// <summary>Where a tensor's average is; one that no step moves is its own.</summary>
    public static StateBuffer AverageOf(TensorInfo tensor) => tensor.Storage switch
    {
        TensorStorage.Statistics => StateBuffer.AveragedStatistics,
        TensorStorage.Trainable => StateBuffer.AveragedParameters,
        _ => StateBuffer.Parameters,
    };

    public static float[] Read(DeviceModel model, TensorInfo tensor, StateBuffer buffer)
    {
        var memory = new float[tensor.Length];
        model.Read(buffer, tensor.Offset, memory);
        if (tensor.Role != TensorRole.ConvWeight)
        {
            return memory;
        }

        var stored = new float[tensor.Length];
        StateLayout.ToStored(tensor, memory, stored);
        return stored;
    }

    public static void Write(DeviceModel model, TensorInfo tensor, StateBuffer buffer, ReadOnlySpan<float> stored)
    {
        if (stored.Length != tensor.Length)
        {
            throw new ArgumentException($"{tensor.Key}: expected {tensor.Length} values, found {stored.Length}.", nameof(stored));
        }

        if (tensor.Role != TensorRole.ConvWeight)
        {
            model.Write(buffer, tensor.Offset, stored);
            return;
        }

        var memory = new float[tensor.Length];
        StateLayout.ToMemory(tensor, stored, memory);
        model.Write(buffer, tensor.Offset, memory);
    }
}
