using System.ComponentModel;
using System.Runtime.InteropServices;
using Fovea.Checkpoints;
using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Model;
using Fovea.Training;

namespace Fovea;

/// <summary>
/// A compiled detector with its weights, whatever its classes: the base of <see cref="Detector{TClass}"/>, which generated detectors
/// derive from.
/// Any number of threads may detect at the same time.
/// </summary>
public abstract class Detector : IDisposable
{
    private string? withoutCuda;

    /// <summary>
    /// Reserves the model's memory; the weights are zero until <see cref="InitializeWeights"/> or <see cref="LoadWeights(string, LoadOptions?)"/>.
    /// </summary>
    /// <param name="program">The generated network.</param>
    /// <param name="options">Device and threads.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected Detector(DetectorProgram program, DetectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(program);
        Check(options);
        Model = DeviceChoice.Open(program, options, out var device, out var reason);
        (Device, Options, withoutCuda) = (device, options, reason);
    }

    /// <summary>The generated network.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public DetectorProgram Program => Model.Program;

    /// <summary>Names, shapes, costs and rules.</summary>
    public ModelDescription Description => Model.Program.Description;

    /// <summary>Where it computes; never <see cref="Device.Auto"/>.</summary>
    public Device Device { get; private set; }

    /// <summary>The device in words, for logs; where <see cref="Device.Auto"/> did not choose CUDA, why.</summary>
    public string DeviceDescription => withoutCuda is null ? Model.DeviceDescription : $"{Model.DeviceDescription}; {withoutCuda}";

    internal DeviceModel Model { get; private set; }

    /// <summary>What it was made or moved with; its device as asked for.</summary>
    internal DetectorOptions Options { get; private set; }

    /// <summary>
    /// Takes the weights and running statistics to another device. Sessions and optimisers made before must not be used any more, and
    /// nothing may be detecting.
    /// </summary>
    /// <param name="options">Device, threads, precision.</param>
    /// <exception cref="CudaException">The device cannot be used; the detector stays where it is.</exception>
    public void MoveTo(DetectorOptions options)
    {
        Check(options);
        var moved = DeviceChoice.Open(Program, options, out var device, out var reason);
        var previous = Model;
        try
        {
            DetectorState.Copy(previous, moved);
        }
        catch
        {
            moved.Dispose();
            throw;
        }

        (Model, Device, Options, withoutCuda) = (moved, device, options, reason);
        OnMoved(options);
        previous.Dispose();
    }

    /// <summary>Gives every tensor its declared first values. The same seed gives the same bits on every machine.</summary>
    /// <param name="seed">Any number.</param>
    public void InitializeWeights(ulong seed)
    {
        Model.EnterWrite();
        try
        {
            foreach (var tensor in Description.Tensors)
            {
                var stored = new float[tensor.Length];
                WeightInitializer.Fill(tensor, seed, stored);
                DetectorState.Write(Model, tensor, DetectorState.BufferOf(tensor), stored);
            }

            DetectorState.ResetNormalizer(Model);
            Model.BatchesTracked = 0;
            Model.HasOwnWeights = false;
            Model.Seed = seed;
            Model.StateChanged();
        }
        finally
        {
            Model.ExitWrite();
        }
    }

    /// <summary>Replaces the weights by a checkpoint's: all that the options ask for or, where anything of that does not fit, none.</summary>
    /// <param name="path">
    /// A checkpoint, known by its content: safetensors, a state dict of <c>torch.save</c> in either format, an index of several such
    /// files, or the folder that has it; with torchvision's key names, of today or from before 0.12.
    /// </param>
    /// <param name="options">How to read it.</param>
    /// <returns>What was taken, and what not.</returns>
    /// <exception cref="CheckpointException">It is missing, damaged, of another model, or of other classes; the message lists everything
    /// that does not fit.</exception>
    public LoadReport LoadWeights(string path, LoadOptions? options = null)
    {
        using var file = StateDictFile.Open(path);
        return CheckpointReader.Load(Model, file, options).Report;
    }

    /// <summary>Replaces the weights by a checkpoint's: all that the options ask for or, where anything of that does not fit, none.</summary>
    /// <param name="stream">The content of one such file, from the stream's position to its end; stays open.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="name">How messages call it.</param>
    /// <returns>What was taken, and what not.</returns>
    /// <exception cref="CheckpointException">It is damaged, of another model, or of other classes; the message lists everything that does
    /// not fit.</exception>
    public LoadReport LoadWeights(Stream stream, LoadOptions? options = null, string name = "checkpoint stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var file = StateDictFile.Open(stream, name, leaveOpen: true);
        return CheckpointReader.Load(Model, file, options).Report;
    }

    /// <summary>Replaces the weights by a checkpoint's: all that the options ask for or, where anything of that does not fit, none.</summary>
    /// <param name="content">The content of one such file.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="name">How messages call it.</param>
    /// <returns>What was taken, and what not.</returns>
    /// <exception cref="CheckpointException">It is damaged, of another model, or of other classes; the message lists everything that does
    /// not fit.</exception>
    public LoadReport LoadWeights(ReadOnlyMemory<byte> content, LoadOptions? options = null, string name = "checkpoint")
    {
        var array = MemoryMarshal.TryGetArray(content, out var segment) ? segment : new ArraySegment<byte>(content.ToArray());
        using var stream = new MemoryStream(array.Array ?? [], array.Offset, array.Count, writable: false);
        return LoadWeights(stream, options, name);
    }

    /// <summary>
    /// Gives the backbone the weights that were published for it, and all else first weights. The files are of a package that the
    /// application refers to, and that puts them beside it: of <see cref="Backbone.ResNet18MicrosoftML"/>
    /// <c>Microsoft.ML.DnnImageFeaturizer.ResNet18</c>.
    /// </summary>
    /// <param name="options">Seed of the first weights, and who is warned; the rule is <see cref="LoadRule.BackboneOnly"/>.</param>
    /// <returns>What was taken.</returns>
    /// <exception cref="CheckpointException">The application has not the package (the message has the line to add), or the declared
    /// backbone has none.</exception>
    public LoadReport LoadPretrained(LoadOptions? options = null)
    {
        var (weights, preprocessing) = PretrainedBackbone.FilesOf(Description);
        return LoadWeights(weights, (options ?? new LoadOptions()) with
        {
            Rule = LoadRule.BackboneOnly,
            Pixels = OnnxPreprocessing.Read(preprocessing),
        });
    }

    /// <summary>Saves the weights under torchvision's key names. A file of that name is replaced when the new one is whole.</summary>
    /// <param name="path">The file; its name does not decide the form.</param>
    /// <param name="format">The form.</param>
    /// <exception cref="CheckpointException">It could not be written; the old file is unchanged.</exception>
    public void Save(string path, WeightsFormat format = WeightsFormat.Safetensors) => CheckpointWriter.Save(Model, path, format);

    /// <summary>Saves the weights under torchvision's key names.</summary>
    /// <param name="destination">Takes everything from its position on; stays open.</param>
    /// <param name="format">The form.</param>
    /// <exception cref="CheckpointException">The form cannot hold so much.</exception>
    public void Save(Stream destination, WeightsFormat format = WeightsFormat.Safetensors) =>
        CheckpointWriter.Save(Model, destination, format);

    /// <summary>A tensor of the state in torchvision's shape.</summary>
    /// <param name="key">For example <c>backbone.body.layer1.0.conv1.weight</c>.</param>
    public float[] ReadTensor(string key)
    {
        var tensor = DetectorState.Find(Description, key);
        Model.EnterRead();
        try
        {
            return DetectorState.Read(Model, tensor, DetectorState.BufferOf(tensor));
        }
        finally
        {
            Model.ExitRead();
        }
    }

    /// <summary>Replaces a tensor of the state.</summary>
    /// <param name="key">For example <c>backbone.body.layer1.0.conv1.weight</c>.</param>
    /// <param name="values">In torchvision's shape.</param>
    public void WriteTensor(string key, ReadOnlySpan<float> values)
    {
        var tensor = DetectorState.Find(Description, key);
        Model.EnterWrite();
        try
        {
            DetectorState.Write(Model, tensor, DetectorState.BufferOf(tensor), values);
            Model.HasOwnWeights = true;
            Model.StateChanged();
        }
        finally
        {
            Model.ExitWrite();
        }
    }

    /// <summary>A session of its own: for batches of network input, for taps, or to keep one per thread.</summary>
    /// <param name="images">N.</param>
    /// <param name="height">Canvas height in pixels, a multiple of 32.</param>
    /// <param name="width">Canvas width in pixels, a multiple of 32.</param>
    public InferenceSession CreateSession(int images, int height, int width) => new(Model, images, height, width);

    /// <summary>A session that trains. The trainer makes its own; this is for loops written by hand.</summary>
    /// <param name="images">N.</param>
    /// <param name="height">Canvas height in pixels, a multiple of 32.</param>
    /// <param name="width">Canvas width in pixels, a multiple of 32.</param>
    /// <param name="maxBoxes">Ground-truth boxes that fit for each image.</param>
    public TrainingSession CreateTrainingSession(int images, int height, int width, int maxBoxes = 64) =>
        new(Model, images, height, width, maxBoxes);

    /// <summary>An optimiser for this model's parameters; its state (momentum, moments) is kept by the model and starts at 0.</summary>
    /// <param name="options">The rule.</param>
    /// <param name="groups">Exceptions by key prefix.</param>
    /// <param name="decayNormsAndBiases">Whether weight decay also applies to norms' scales and shifts and to biases.</param>
    public Optimizer CreateOptimizer(
        OptimizerOptions options, IReadOnlyList<ParameterGroup>? groups = null, bool decayNormsAndBiases = true)
    {
        var optimizer = Optimizer.Create(Description, options, groups, decayNormsAndBiases);
        Model.ResetMoments(options.Moments);
        return optimizer;
    }

    /// <summary>
    /// Frees the memory of the model and of its sessions, when the calls that have begun on any thread are done; it waits for them, unless
    /// it is itself called in one (by an observer). Later calls throw <see cref="ObjectDisposedException"/>, as does a training at its next
    /// step.
    /// </summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>For generated code: a detector with a checkpoint's weights, disposed of where they cannot be loaded.</summary>
    /// <param name="detector">Just made.</param>
    /// <param name="load">Loads its weights.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected static TDetector Loaded<TDetector>(TDetector detector, Action<Detector> load)
        where TDetector : Detector
    {
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentNullException.ThrowIfNull(load);
        try
        {
            load(detector);
            return detector;
        }
        catch
        {
            detector.Dispose();
            throw;
        }
    }

    private static void Check(DetectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxConcurrency, nameof(options));
    }

    /// <summary>The model is on another device: what was made for the old one is of no use.</summary>
    private protected virtual void OnMoved(DetectorOptions options)
    {
    }

    /// <summary>Frees the model's memory.</summary>
    /// <param name="disposing">Whether called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Model.Dispose();
        }
    }
}
