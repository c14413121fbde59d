using System.Diagnostics.CodeAnalysis;
using Fovea.Cpu;
using Fovea.Model;
using Fovea.Training;

namespace Fovea;

/// <summary>
/// A compiled detector with its weights, whatever its classes: the base of <see cref="Detector{TClass}"/>, which generated detectors derive from.
/// </summary>
public abstract class Detector : IDisposable
{
    private readonly WorkerPool? ownPool;

    /// <summary>Reserves the model's memory; the weights are zero until <see cref="InitializeWeights"/> or <see cref="LoadWeights"/>.</summary>
    /// <param name="program">The generated network.</param>
    /// <param name="options">Device and threads.</param>
    protected Detector(DetectorProgram program, DetectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads, nameof(options));
        Program = program;
        ownPool = options.Threads > 0 ? new WorkerPool(options.Threads) : null;
        Memory = new ModelMemory(program.Description);
    }

    /// <summary>The generated network.</summary>
    public DetectorProgram Program { get; }

    /// <summary>Names, shapes, costs and rules.</summary>
    public ModelDescription Description => Program.Description;

    /// <summary>Where it computes; never <see cref="Device.Auto"/>.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "Belongs to the instance as soon as there is a second device.")]
    public Device Device => Device.Cpu;

    /// <summary>The device in words, for logs: instruction set and threads.</summary>
    public string DeviceDescription => Device.DescribeCpu(Pool.Workers);

    internal ModelMemory Memory { get; }

    internal WorkerPool Pool => ownPool ?? WorkerPool.Shared;

    /// <summary>Gives every tensor its declared first values. The same seed gives the same bits on every machine.</summary>
    /// <param name="seed">Any number.</param>
    public void InitializeWeights(ulong seed)
    {
        foreach (var tensor in Description.Tensors)
        {
            var buffer = tensor.Storage == TensorStorage.Statistics ? Memory.Statistics : Memory.Parameters;
            var stored = new float[tensor.Length];
            WeightInitializer.Fill(tensor, seed, stored);
            StateLayout.ToMemory(tensor, stored, buffer.Span.Slice(tensor.Offset, tensor.Length));
        }

        Memory.ParametersChanged();
        Memory.StatisticsChanged();
    }

    /// <summary>Replaces the weights by a checkpoint's.</summary>
    /// <param name="path">A safetensors file with torchvision's key names.</param>
    /// <param name="options">How to read it.</param>
    public void LoadWeights(string path, LoadOptions? options = null)
    {
        throw new NotSupportedException($"{path}: checkpoints are not readable yet.");
    }

    /// <summary>Frees the model's memory. Sessions made from it must not be used any more.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the model's memory.</summary>
    /// <param name="disposing">Whether called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Memory.Dispose();
            ownPool?.Dispose();
        }
    }
}
