using Fovea.CompilerServices;

namespace Fovea.Steps;

/// <summary>One step of training over any backend: the order in which a session calls the generated code and the optimiser.</summary>
internal static class TrainingStep
{
    /// <summary>Added to the gradient's norm before dividing by it (torch.nn.utils.clip_grad_norm_).</summary>
    private const double ClipEpsilon = 1e-6;

    /// <summary>Forward and losses. Anchors, input and ground truth are there already.</summary>
    /// <param name="program">The generated network.</param>
    /// <param name="backend">The backend that computes, or records.</param>
    /// <param name="plan">Where values lie.</param>
    public static void Forward<TBackend>(DetectorProgram program, ref TBackend backend, TrainingPlan plan)
        where TBackend : struct, IBackend
    {
        program.Forward(ref backend, plan);
        program.Loss(ref backend, plan);
    }

    /// <summary>
    /// Forward, losses and their gradients, backward: fills the gradient buffer, of a step's last batch with the mean of all its batches.
    /// </summary>
    /// <param name="program">The generated network.</param>
    /// <param name="backend">The backend that computes, or records.</param>
    /// <param name="plan">Where values lie.</param>
    /// <param name="part">The batch's part in the step.</param>
    public static void ForwardBackward<TBackend>(DetectorProgram program, ref TBackend backend, TrainingPlan plan, StepPart part)
        where TBackend : struct, IBackend
    {
        ArgumentNullException.ThrowIfNull(program);
        Forward(program, ref backend, plan);
        program.Backward(ref backend, plan);
        if (part.IsLast && part.HasSum)
        {
            backend.MeanGradients(new ParameterRange(0, program.Description.TrainableLength), part.Batches);
        }
    }

    /// <summary>
    /// Of a step's last batch scales the gradient down to <paramref name="maxGradientNorm"/> where it is longer, then moves the
    /// parameters; of one before it the gradient is added to the sum.
    /// </summary>
    /// <param name="backend">The backend that computes, or records.</param>
    /// <param name="part">The batch's part in the step.</param>
    /// <param name="optimizer">Rule, groups and step count.</param>
    /// <param name="learningRate">η of this step, before the groups' factors.</param>
    /// <param name="gradientNorm">The gradient's norm, from <see cref="IBackend.GradientNorm"/>.</param>
    /// <param name="maxGradientNorm">0: no clipping.</param>
    /// <remarks>Clipping: g ← g · min(1, max / (norm + 1e-6)), torch.nn.utils.clip_grad_norm_.</remarks>
    public static void Update<TBackend>(
        ref TBackend backend, StepPart part, Optimizer optimizer, double learningRate, double gradientNorm, double maxGradientNorm)
        where TBackend : struct, IBackend
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        var factor = part.IsLast && maxGradientNorm > 0 ? maxGradientNorm / (gradientNorm + ClipEpsilon) : 1;
        if (factor < 1)
        {
            backend.ScaleGradients(optimizer.All, (float)factor);
        }

        Conclude(ref backend, part, optimizer, learningRate);
    }

    /// <summary>What <see cref="Update"/> does with a gradient that has been clipped, or whose factor the device knows.</summary>
    public static void Conclude<TBackend>(ref TBackend backend, StepPart part, Optimizer optimizer, double learningRate)
        where TBackend : struct, IBackend
    {
        if (part.IsLast)
        {
            optimizer.Apply(ref backend, learningRate);
        }
        else
        {
            backend.AccumulateGradients(optimizer.All, first: !part.HasSum);
        }
    }
}
