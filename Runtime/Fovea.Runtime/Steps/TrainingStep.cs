using Fovea.CompilerServices;

namespace Fovea.Steps;

/// <summary>One step of training over any backend: the order in which a session calls the generated code and the optimiser.</summary>
internal static class TrainingStep
{
    /// <summary>Added to the gradient's norm before dividing by it (torch.nn.utils.clip_grad_norm_).</summary>
    private const double ClipEpsilon = 1e-6;

    /// <summary>
    /// Forward, losses and their gradients, backward: fills the gradient buffer. Anchors, input and ground truth are there already.
    /// </summary>
    /// <param name="program">The generated network.</param>
    /// <param name="backend">The backend that computes, or records.</param>
    /// <param name="plan">Where values lie.</param>
    public static void ForwardBackward<TBackend>(DetectorProgram program, ref TBackend backend, TrainingPlan plan)
        where TBackend : struct, IBackend
    {
        ArgumentNullException.ThrowIfNull(program);
        program.Forward(ref backend, plan);
        program.Loss(ref backend, plan);
        program.Backward(ref backend, plan);
    }

    /// <summary>Scales the gradient down to <paramref name="maxGradientNorm"/> where it is longer, then moves the parameters.</summary>
    /// <param name="backend">The backend that computes, or records.</param>
    /// <param name="optimizer">Rule, groups and step count.</param>
    /// <param name="learningRate">η of this step, before the groups' factors.</param>
    /// <param name="gradientNorm">The gradient's norm, from <see cref="IBackend.GradientNorm"/>.</param>
    /// <param name="maxGradientNorm">0: no clipping.</param>
    /// <remarks>Clipping: g ← g · min(1, max / (norm + 1e-6)), torch.nn.utils.clip_grad_norm_.</remarks>
    public static void Update<TBackend>(
        ref TBackend backend, Optimizer optimizer, double learningRate, double gradientNorm, double maxGradientNorm)
        where TBackend : struct, IBackend
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        var factor = maxGradientNorm > 0 ? maxGradientNorm / (gradientNorm + ClipEpsilon) : 1;
        if (factor < 1)
        {
            backend.ScaleGradients(optimizer.All, (float)factor);
        }

        optimizer.Apply(ref backend, learningRate);
    }
}
