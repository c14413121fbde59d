using System.Runtime.InteropServices;
using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Model;
using Fovea.Steps;

namespace Fovea;

/// <summary>
/// Training on batches of a fixed size: an arena that keeps activations until backward has used them. One at a time for a detector;
/// inference sessions wait
/// while a step changes the weights. Nothing is allocated by a step.
/// After its or the detector's disposal every method throws <see cref="ObjectDisposedException"/>.
/// </summary>
public sealed class TrainingSession : IDisposable
{
    private readonly DeviceModel model;
    private readonly RunLease lease;
    private readonly IDeviceRun run;
    private readonly int[] counts;
    private bool isStepping;

    /// <summary>The thread that took a step last.</summary>
    private int stepper;

    /// <param name="model">The weights.</param>
    /// <param name="images">N.</param>
    /// <param name="height">Canvas height in pixels.</param>
    /// <param name="width">Canvas width in pixels.</param>
    /// <param name="maxBoxes">Ground-truth boxes that fit for each image.</param>
    /// <param name="replaced">A session of other measures whose arena this one takes over; it must not be used any more.</param>
    internal TrainingSession(DeviceModel model, int images, int height, int width, int maxBoxes, TrainingSession? replaced = null)
    {
        CanvasCheck.Validate(model.Program.Description, images, height, width, maxBoxes);
        this.model = model;
        Plan = model.Program.PlanTraining(images, height, width, maxBoxes);
        counts = new int[images];
        lease = replaced?.lease ?? new RunLease(model, Plan, nameof(TrainingSession));
        run = lease.Run;
        try
        {
            using var use = lease.Use();
            run.Reserve(Plan);
            Prepare();
        }
        catch when (replaced is null)
        {
            lease.Dispose();
            throw;
        }
        catch (Exception e) when (e is not ObjectDisposedException)
        {
            // There was no room for more: the session that has the arena goes on, also where a device let go of it meanwhile.
            using var use = lease.Use();
            replaced!.Prepare();
            throw;
        }
    }

    /// <summary>Where values lie in the arena.</summary>
    internal TrainingPlan Plan { get; }

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
        using var use = lease.Use();
        CanvasCheck.Length(pixels.Length, Plan.Input.Length, "[N, H, W, 3]", Plan.Input);
        RequireIdle();
        run.Memory.Write(Plan.Input, pixels);
    }

    /// <summary>Writes a loader's batch: pixels and ground truth. Does not wait for the device; the batch may go back at once.</summary>
    /// <param name="batch">Of this session's canvas and number of images.</param>
    /// <exception cref="ArgumentException">It is of other measures, or has more than <see cref="MaxBoxes"/> boxes in an image.</exception>
    public void SetBatch(Batch batch)
    {
        using var use = lease.Use();
        ArgumentNullException.ThrowIfNull(batch);
        CanvasCheck.Batch(batch, Plan, model.Program.Description.ClassNames.Length);
        RequireIdle();
        run.Write(Plan, batch);
        for (var i = 0; i < Images; i++)
        {
            counts[i] = batch.TruthClassesOf(i).Length;
        }
    }

    /// <summary>
    /// Begins to bring the next batch to the device while this one is computed; <see cref="SetBatch"/> then finds it there. Call it in the
    /// <c>meanwhile</c> of <see cref="Step"/>. Only a hint: results are the same without it, a batch that is never set costs nothing but
    /// its way, and on the CPU there is nothing to do.
    /// </summary>
    /// <param name="batch">
    /// The loader's next batch, of any canvas. It may go back at once, but <see cref="SetBatch"/> knows it only until it is filled anew.
    /// </param>
    public void Prefetch(Batch batch)
    {
        using var use = lease.Use();
        ArgumentNullException.ThrowIfNull(batch);

        // One with more boxes will need another session, whose plan has other places for them.
        if (batch.MaxBoxes <= MaxBoxes)
        {
            run.Prefetch(batch, MaxBoxes);
        }
    }

    /// <summary>Writes one image's ground truth.</summary>
    /// <param name="image">0 … N − 1.</param>
    /// <param name="boxes">In pixels of the canvas; at most <see cref="MaxBoxes"/>.</param>
    /// <param name="channels">For each box, the channel of its class; −1 of a crowd region, in which nothing is background.</param>
    public void SetTruth(int image, ReadOnlySpan<Box> boxes, ReadOnlySpan<int> channels) =>
        SetTruth(image, MemoryMarshal.Cast<Box, float>(boxes), channels);

    /// <summary>Writes one image's ground truth.</summary>
    /// <param name="image">0 … N − 1.</param>
    /// <param name="boxes">[boxes, 4] as (x1, y1, x2, y2) in pixels of the canvas; at most <see cref="MaxBoxes"/> boxes.</param>
    /// <param name="channels">For each box, the channel of its class; −1 of a crowd region, in which nothing is background.</param>
    public void SetTruth(int image, ReadOnlySpan<float> boxes, ReadOnlySpan<int> channels)
    {
        using var use = lease.Use();
        CanvasCheck.Image(image, Images);
        var count = channels.Length;
        if (count > MaxBoxes || boxes.Length != count * 4)
        {
            throw new ArgumentException(
                $"image {image}: {boxes.Length / 4} boxes and {count} classes: expected as many of each, and at most {MaxBoxes}.");
        }

        CanvasCheck.Channels(image, channels, model.Program.Description.ClassNames.Length);
        RequireIdle();
        var truth = Plan.Truth;
        counts[image] = count;
        run.Memory.Write(truth.Boxes + ((long)image * truth.Capacity * 4), boxes);
        run.Memory.Write(truth.Classes + ((long)image * truth.Capacity), channels);
        run.Memory.Write(truth.Counts, counts);
    }

    /// <summary>Forward and losses; the weights stay. Running statistics of batch norms move, and no batch is counted.</summary>
    /// <returns>The losses; there is no gradient, and its norm is 0.</returns>
    internal StepResult Forward()
    {
        using var use = lease.Use();
        RequireIdle();
        model.EnterWrite();
        try
        {
            return run.Forward(Plan);
        }
        finally
        {
            model.StateChanged();
            model.ExitWrite();
        }
    }

    /// <summary>
    /// Forward, losses and backward; the weights stay. Running statistics of batch norms move, unless a loss or the gradient is not finite.
    /// </summary>
    public StepResult ForwardBackward()
    {
        using var use = lease.Use();
        RequireIdle();
        model.EnterWrite();
        try
        {
            var result = run.ForwardBackward(Plan);
            model.BatchesTracked += result.IsFinite ? 1 : 0;
            return result;
        }
        finally
        {
            model.StateChanged();
            model.ExitWrite();
        }
    }

    /// <summary>One step: forward, losses, backward, clipping, update.</summary>
    /// <param name="optimizer">From <see cref="Detector.CreateOptimizer"/>.</param>
    /// <param name="learningRate">η of this step, before the groups' factors.</param>
    /// <param name="maxGradientNorm">Longer gradients are scaled down to it; 0: no clipping.</param>
    /// <param name="meanwhile">
    /// Called once, where the device computes beside the host (CUDA) when it has been given the step, else after the step: the moment to
    /// take the loader's next batch and <see cref="Prefetch"/> it. Nothing else of this detector may be used in it. What it throws is
    /// thrown when the step is done, unless the step has failed itself.
    /// </param>
    /// <exception cref="TrainingDivergedException">A loss or the gradient is not finite; weights, running statistics and optimiser are those
    /// from before the step.</exception>
    public StepResult Step(Optimizer optimizer, double learningRate, double maxGradientNorm = 0, Action? meanwhile = null) =>
        TakePart(StepPart.Whole, optimizer, learningRate, maxGradientNorm, meanwhile);

    /// <summary>A batch's part in a step. Where it diverges, the statistics are those from before this batch, not from before the step.</summary>
    internal StepResult TakePart(StepPart part, Optimizer optimizer, double learningRate, double maxGradientNorm, Action? meanwhile)
    {
        using var use = lease.Use();
        stepper = Environment.CurrentManagedThreadId;
        ArgumentNullException.ThrowIfNull(optimizer);
        RequireIdle();
        model.EnterWrite();
        var (steps, hasPassed) = (optimizer.Steps, false);
        isStepping = true;
        try
        {
            var result = run.Step(Plan, part, optimizer, learningRate, maxGradientNorm, meanwhile);
            hasPassed = true;
            return result;
        }
        finally
        {
            isStepping = false;

            // A step that was taken counts, also where what was to be done meanwhile went wrong.
            model.BatchesTracked += hasPassed || optimizer.Steps > steps ? 1 : 0;
            model.HasOwnWeights |= optimizer.Steps > steps;
            model.StateChanged();
            model.ExitWrite();
        }
    }

    /// <summary>The gradient of a learned tensor after the last step, in torchvision's shape.</summary>
    /// <param name="key">For example <c>backbone.body.layer1.0.conv1.weight</c>.</param>
    public float[] ReadGradient(string key)
    {
        using var use = lease.Use();
        RequireIdle();
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
        using var use = lease.Use();
        RequireIdle();
        var values = new int[(long)Plan.Matches[level].Images * Plan.Matches[level].Anchors];
        run.Memory.Read(Plan.Matches[level].Offset, values);
        return values;
    }

    /// <summary>[N, H, W, 3], the batch as the network sees it.</summary>
    internal float[] ReadInput() => Read(Plan.Input);

    /// <summary>An image's ground truth: [boxes, 4] in pixels of the canvas, and [boxes] channels.</summary>
    internal (float[] Boxes, int[] Channels) ReadTruth(int image)
    {
        using var use = lease.Use();
        RequireIdle();
        var truth = Plan.Truth;
        var (boxes, channels) = (new float[counts[image] * 4], new int[counts[image]]);
        run.Memory.Read(truth.Boxes + ((long)image * truth.Capacity * 4), boxes);
        run.Memory.Read(truth.Classes + ((long)image * truth.Capacity), channels);
        return (boxes, channels);
    }

    /// <summary>The last step's losses, each [levels].</summary>
    internal (float[] Classification, float[] Box) ReadLossTerms()
    {
        using var use = lease.Use();
        RequireIdle();
        var (classification, box) = (new float[Plan.ClassificationLoss.Levels], new float[Plan.BoxLoss.Levels]);
        run.Memory.Read(Plan.ClassificationLoss.Offset, classification);
        run.Memory.Read(Plan.BoxLoss.Offset, box);
        return (classification, box);
    }

    /// <summary>Observes a layer in every following step; a second observer of the same layer replaces the first.</summary>
    /// <param name="layer">A name of <see cref="ModelDescription.Layers"/>.</param>
    /// <param name="observer">Called at the moment when the layer's value is complete.</param>
    /// <exception cref="ArgumentException">No such layer; the message lists all.</exception>
    public void Tap(string layer, TapObserver observer)
    {
        using var use = lease.Use();
        RequireIdle();
        Taps.Add(model.Program.Description, run, layer, observer);
    }

    /// <summary>Frees the arena, as soon as no thread is at work with it; it waits for that.</summary>
    /// <exception cref="InvalidOperationException">This thread is in the middle of a step.</exception>
    public void Dispose()
    {
        if (stepper == Environment.CurrentManagedThreadId)
        {
            RequireIdle();
        }

        lease.Dispose();
    }

    /// <summary>What the arena holds before the first batch.</summary>
    private void Prepare()
    {
        run.GenerateAnchors(Plan);
        Array.Clear(counts);
        run.Memory.Write(Plan.Truth.Counts, counts);
    }

    /// <summary>The step that runs may have to be repeated with its own input.</summary>
    private void RequireIdle()
    {
        if (isStepping)
        {
            throw new InvalidOperationException("This session is in the middle of a step: only Prefetch may be called meanwhile.");
        }
    }

    private float[] Read(FeatureMap map)
    {
        using var use = lease.Use();
        RequireIdle();
        var values = new float[map.Length];
        run.Memory.Read(map, values);
        return values;
    }
}
