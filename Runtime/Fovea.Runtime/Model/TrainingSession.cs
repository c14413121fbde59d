using System.Runtime.InteropServices;
using Fovea.Data;
using Fovea.Model;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea;

/// <summary>
/// Training on batches of a fixed size: an arena that keeps activations until backward has used them. One at a time for a detector;
/// inference sessions wait
/// while a step changes the weights. Nothing is allocated by a step.
/// </summary>
public sealed class TrainingSession : IDisposable
{
    private readonly DeviceModel model;
    private readonly IDeviceRun run;
    private readonly int[] counts;

    /// <param name="model">The weights.</param>
    /// <param name="images">N.</param>
    /// <param name="height">Canvas height in pixels.</param>
    /// <param name="width">Canvas width in pixels.</param>
    /// <param name="maxBoxes">Ground-truth boxes that fit for each image.</param>
    /// <param name="replaced">A session of other measures whose arena this one takes over; it must not be used any more.</param>
    internal TrainingSession(DeviceModel model, int images, int height, int width, int maxBoxes, TrainingSession? replaced = null)
    {
        CanvasCheck.Validate(model.Program.Description, images, height, width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBoxes);
        this.model = model;
        Plan = model.Program.PlanTraining(images, height, width, maxBoxes);
        run = replaced?.run ?? model.CreateRun(Plan);
        run.Reserve(Plan);
        run.GenerateAnchors(Plan);
        counts = new int[images];
        run.Write(Plan.Truth.Counts, counts);
    }

    /// <summary>Where values lie in the arena.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>N.</summary>
    public int Images => Plan.Images;

    /// <summary>Canvas height in pixels.</summary>
    public int Height => Plan.Height;

    /// <summary>Canvas width in pixels.</summary>
    public int Width => Plan.Width;

    /// <summary>Ground-truth boxes that fit for each image.</summary>
    public int MaxBoxes => Plan.Truth.Capacity;

    /// <summary>Writes the whole batch.</summary>
    /// <param name="pixels">[N, H, W, 3], normalised as the model wants it.</param>
    public void SetInput(ReadOnlySpan<float> pixels)
    {
        CanvasCheck.Length(pixels.Length, Plan.Input.Length, "[N, H, W, 3]", Plan.Input);
        run.Write(Plan.Input, pixels);
    }

    /// <summary>Writes a loader's batch: pixels and ground truth.</summary>
    /// <param name="batch">Of this session's canvas and number of images.</param>
    public void SetBatch(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        SetInput(batch.Pixels);
        for (var i = 0; i < Images; i++)
        {
            SetTruth(i, batch.BoxesOf(i), batch.ClassesOf(i));
        }
    }

    /// <summary>Writes one image's ground truth.</summary>
    /// <param name="image">0 … N − 1.</param>
    /// <param name="boxes">In pixels of the canvas; at most <see cref="MaxBoxes"/>.</param>
    /// <param name="channels">For each box, the channel of its class.</param>
    public void SetTruth(int image, ReadOnlySpan<Box> boxes, ReadOnlySpan<int> channels) =>
        SetTruth(image, MemoryMarshal.Cast<Box, float>(boxes), channels);

    /// <summary>Writes one image's ground truth.</summary>
    /// <param name="image">0 … N − 1.</param>
    /// <param name="boxes">[boxes, 4] as (x1, y1, x2, y2) in pixels of the canvas; at most <see cref="MaxBoxes"/> boxes.</param>
    /// <param name="channels">For each box, the channel of its class.</param>
    public void SetTruth(int image, ReadOnlySpan<float> boxes, ReadOnlySpan<int> channels)
    {
        CanvasCheck.Image(image, Images);
        var count = channels.Length;
        if (count > MaxBoxes || boxes.Length != count * 4)
        {
            throw new ArgumentException(
                $"image {image}: {boxes.Length / 4} boxes and {count} classes: expected as many of each, and at most {MaxBoxes}.");
        }

        var classes = model.Program.Description.ClassNames.Length;
        foreach (var channel in channels)
        {
            if (channel < 0 || channel >= classes)
            {
                throw new ArgumentException($"image {image}: class channel {channel}: expected 0 to {classes - 1}.", nameof(channels));
            }
        }

        var truth = Plan.Truth;
        counts[image] = count;
        run.Write(truth.Boxes + ((long)image * truth.Capacity * 4), boxes);
        run.Write(truth.Classes + ((long)image * truth.Capacity), channels);
        run.Write(truth.Counts, counts);
    }

    /// <summary>Forward, losses and backward; the weights stay (running statistics of batch norms move).</summary>
    public StepResult ForwardBackward()
    {
        model.EnterWrite();
        try
        {
            return run.ForwardBackward(Plan);
        }
        finally
        {
            StateMoved();
            model.ExitWrite();
        }
    }

    /// <summary>One step: forward, losses, backward, clipping, update.</summary>
    /// <param name="optimizer">From <see cref="Detector.CreateOptimizer"/>.</param>
    /// <param name="learningRate">η of this step, before the groups' factors.</param>
    /// <param name="maxGradientNorm">Longer gradients are scaled down to it; 0: no clipping.</param>
    /// <exception cref="TrainingDivergedException">A loss or the gradient is not finite; the weights are those from before the
    /// step.</exception>
    public StepResult Step(Optimizer optimizer, double learningRate, double maxGradientNorm = 0)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        model.EnterWrite();
        try
        {
            return run.Step(Plan, optimizer, learningRate, maxGradientNorm);
        }
        finally
        {
            StateMoved();
            model.ExitWrite();
        }
    }

    /// <summary>The gradient of a learned tensor after the last step, in torchvision's shape.</summary>
    /// <param name="key">For example <c>backbone.body.layer1.0.conv1.weight</c>.</param>
    public float[] ReadGradient(string key)
    {
        var tensor = DetectorState.Find(model.Program.Description, key);
        if (tensor.Storage != TensorStorage.Trainable)
        {
            throw new ArgumentException($"{key} has no gradient: it is {tensor.Storage}.", nameof(key));
        }

        return DetectorState.Read(model, tensor, StateBuffer.Gradients);
    }

    /// <summary>The gradient with respect to the input, [N, H, W, 3]; for models that declare it.</summary>
    public float[] ReadInputGradient()
    {
        if (Plan.InputGradient.IsEmpty)
        {
            throw new InvalidOperationException(
                $"{model.Program.Description.Name} computes no gradient with respect to its input: declare InputGradient = true.");
        }

        return Read(Plan.InputGradient);
    }

    /// <summary>The classification logits of one level, [N, H·W·A, K]; backward may have reused their place.</summary>
    /// <param name="level">0 is the finest.</param>
    public float[] ReadLogits(int level) => Read(Plan.Logits[level]);

    /// <summary>The box deltas of one level, [N, H·W·A, 4]; backward may have reused their place.</summary>
    /// <param name="level">0 is the finest.</param>
    public float[] ReadDeltas(int level) => Read(Plan.Deltas[level]);

    /// <summary>The matches of one level, [N, H·W·A]: index of the box, −1 background, −2 ignored.</summary>
    /// <param name="level">0 is the finest.</param>
    public int[] ReadMatches(int level)
    {
        var values = new int[(long)Plan.Matches[level].Images * Plan.Matches[level].Anchors];
        run.Read(Plan.Matches[level].Offset, values);
        return values;
    }

    /// <summary>Observes a layer in every following step; a second observer of the same layer replaces the first.</summary>
    /// <param name="layer">A name of <see cref="ModelDescription.Layers"/>.</param>
    /// <param name="observer">Called at the moment when the layer's value is complete.</param>
    /// <exception cref="ArgumentException">No such layer; the message lists all.</exception>
    public void Tap(string layer, TapObserver observer) => Taps.Add(model.Program.Description, run, layer, observer);

    /// <summary>Frees the arena.</summary>
    public void Dispose() => run.Dispose();

    /// <summary>Running statistics, and perhaps the weights, are others now, even where a step has failed.</summary>
    private void StateMoved()
    {
        model.BatchesTracked++;
        model.StateChanged();
    }

    private float[] Read(FeatureMap map)
    {
        var values = new float[map.Length];
        run.Read(map, values);
        return values;
    }
}
