using Fovea.Cuda;
using Fovea.Ops.Conv;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.Conv"/>
    public void Conv(FeatureMap x, in ConvParameters w, FeatureMap y) => context.Convolutions.Forward(x, w, y);

    /// <inheritdoc cref="Backends.IBackend.ConvRelu"/>
    public void ConvRelu(FeatureMap x, in ConvParameters w, FeatureMap y) => context.Convolutions.Forward(x, w, y, relu: true);

    /// <inheritdoc cref="Backends.IBackend.ConvAdd"/>
    public void ConvAdd(FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y)
    {
        CheckSame(nameof(residual), residual, y);
        context.Convolutions.Forward(x, w, y, residual);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvAddRelu"/>
    public void ConvAddRelu(FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y)
    {
        CheckSame(nameof(residual), residual, y);
        context.Convolutions.Forward(x, w, y, residual, relu: true);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvUpsampleAdd"/>
    public void ConvUpsampleAdd(FeatureMap x, in ConvParameters w, FeatureMap top, FeatureMap y)
    {
        CheckSame(nameof(top), top with { Height = y.Height, Width = y.Width }, y);
        context.Convolutions.Forward(x, w, y, top);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvBackwardWeights"/>
    public void ConvBackwardWeights(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d) =>
        context.Convolutions.BackwardWeights(x, w, dy, d);

    /// <inheritdoc cref="Backends.IBackend.ConvBackwardData"/>
    public void ConvBackwardData(
        in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap mask = default, FeatureMap accumulate = default)
    {
        CheckOptional(nameof(mask), mask, dx);
        CheckOptional(nameof(accumulate), accumulate, dx);
        context.Convolutions.BackwardData(w, dy, dx, accumulate, mask);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvBackward"/>
    public void ConvBackward(
        FeatureMap x,
        in ConvParameters w,
        FeatureMap dy,
        in ConvGradients d,
        FeatureMap dx,
        FeatureMap mask = default,
        FeatureMap accumulate = default)
    {
        ConvBackwardWeights(x, w, dy, d);
        ConvBackwardData(w, dy, dx, mask, accumulate);
    }

    private static void CheckOptional(string name, FeatureMap operand, FeatureMap destination)
    {
        if (!operand.IsEmpty)
        {
            CheckSame(name, operand, destination);
        }
    }

    private static void CheckSame(string name, FeatureMap operand, FeatureMap destination)
    {
        if (operand with { Offset = 0 } != destination with { Offset = 0 })
        {
            throw new ArgumentException($"{name} is {operand}, the result {destination}: expected equal shapes. Correct the plan.", name);
        }
    }
}
