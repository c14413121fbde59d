using Fovea.Imaging;
using Fovea.CompilerServices;
using Fovea.Steps;

namespace Fovea.Devices;

/// <summary>What a session needs of its device: an arena, and the program run over it. One thread at a time.</summary>
internal interface IDeviceRun : IDisposable
{
    /// <summary>The arena.</summary>
    IDeviceMemory Memory { get; }

    /// <summary>Makes the arena at least as long as the plan wants; what it held is lost if it grows.</summary>
    void Reserve(ExecutionPlan plan);

    /// <summary>Writes the anchors of the plan's canvas.</summary>
    void GenerateAnchors(ExecutionPlan plan);

    /// <summary>Refreshes the folded weights.</summary>
    void Fold();

    /// <summary>From the input to the detections.</summary>
    void Detect(InferencePlan plan);

    /// <summary>Forward and losses. Running statistics move, whatever they become; the gradient's norm is 0.</summary>
    StepResult Forward(TrainingPlan plan);

    /// <summary>
    /// Forward, losses and backward: fills the gradient buffer. Running statistics move, unless a loss or the gradient is not finite.
    /// </summary>
    StepResult ForwardBackward(TrainingPlan plan);

    /// <summary>
    /// A step, or a batch's part in one: forward, losses, backward; of the last batch mean of the gradients, clipping (0: none), update.
    /// </summary>
    /// <param name="plan">Where values lie.</param>
    /// <param name="part">Which of the step's batches it is.</param>
    /// <param name="optimizer">Rule, groups and step count.</param>
    /// <param name="learningRate">η of this step, before the groups' factors.</param>
    /// <param name="maxGradientNorm">0: no clipping.</param>
    /// <param name="meanwhile">
    /// Called once: when the device has the step, before its results are awaited; where the host itself computes, after the step. What it
    /// throws is thrown when the step is done, unless the step has failed itself.
    /// </param>
    /// <returns>The batch's losses; the norm of its gradient, of the last batch that of the mean.</returns>
    /// <exception cref="TrainingDivergedException">
    /// A loss or the gradient is not finite; weights are those from before, and statistics those from before this batch.
    /// </exception>
    StepResult Step(
        TrainingPlan plan, StepPart part, Optimizer optimizer, double learningRate, double maxGradientNorm, Action? meanwhile = null);

    /// <summary>Writes a batch that fits the plan: input and ground truth.</summary>
    void Write(TrainingPlan plan, Batch batch);

    /// <summary>
    /// Begins to bring a batch to the device beside the input that is set; <see cref="Write(TrainingPlan, Batch)"/> of the same batch then
    /// has less to do. A hint: results do not depend on it.
    /// </summary>
    /// <param name="batch">May change when this returns, but then it is not the same any more.</param>
    /// <param name="capacity">Of the plan that it will be written to: boxes that fit for each image, at least the batch's most.</param>
    void Prefetch(Batch batch, int capacity);

    /// <summary>Writes an image of bytes on its canvas: resized, flipped, normalised, padded with zeros.</summary>
    /// <param name="input">[N, H, W, 3].</param>
    /// <param name="image">Which of the N.</param>
    /// <param name="source">Its pixels; may change when this returns.</param>
    /// <param name="placement">Where it lies on the canvas.</param>
    /// <param name="affine">Colour change and normalisation.</param>
    void WriteImage(FeatureMap input, int image, PixelSource source, in ImagePlacement placement, in PixelAffine affine);

    /// <summary>Calls <paramref name="observer"/> whenever the layer's value is complete.</summary>
    void AddTap(string layer, Action<string, FeatureMap> observer);
}
