using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>
/// The compiled network: what the generator emits for one declared detector. Stateless; one instance serves every session.
/// The code is generic over the backend, so that each call is resolved when it is compiled.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class DetectorProgram
{
    /// <summary>Names, shapes, parameters, costs and rules of the model.</summary>
    public abstract ModelDescription Description { get; }

    /// <summary>Where each value of detection lies for a batch of the given size.</summary>
    /// <param name="images">N.</param>
    /// <param name="height">Canvas height in pixels, a multiple of 32.</param>
    /// <param name="width">Canvas width in pixels, a multiple of 32.</param>
    public abstract InferencePlan PlanInference(int images, int height, int width);

    /// <summary>Where each value of a training step lies for a batch of the given size.</summary>
    /// <param name="images">N.</param>
    /// <param name="height">Canvas height in pixels, a multiple of 32.</param>
    /// <param name="width">Canvas width in pixels, a multiple of 32.</param>
    /// <param name="maxBoxes">Ground-truth boxes that fit for each image.</param>
    public abstract TrainingPlan PlanTraining(int images, int height, int width, int maxBoxes);

    /// <summary>Refreshes the folded weights from the parameters and running statistics. Detection needs it after every change of either.</summary>
    public abstract void Fold<TBackend>(ref TBackend backend)
        where TBackend : struct, IBackend;

    /// <summary>Writes the anchors, once for each session.</summary>
    public abstract void GenerateAnchors<TBackend>(ref TBackend backend, ExecutionPlan plan)
        where TBackend : struct, IBackend;

    /// <summary>From the input to the candidates and detections.</summary>
    public abstract void Detect<TBackend>(ref TBackend backend, InferencePlan plan)
        where TBackend : struct, IBackend;

    /// <summary>From the input to logits and deltas, keeping what backward needs.</summary>
    public abstract void Forward<TBackend>(ref TBackend backend, TrainingPlan plan)
        where TBackend : struct, IBackend;

    /// <summary>Matching and losses, and the gradients of logits and deltas.</summary>
    public abstract void Loss<TBackend>(ref TBackend backend, TrainingPlan plan)
        where TBackend : struct, IBackend;

    /// <summary>The gradients of all trainable parameters.</summary>
    public abstract void Backward<TBackend>(ref TBackend backend, TrainingPlan plan)
        where TBackend : struct, IBackend;
}
