using unsafe ConvolutionCall = delegate* unmanaged[Cdecl]<
    nint, float*, nint, nint, nint, nint, nint, int, nint, nuint, float*, nint, nint, int>;

namespace Fovea.Cuda.Cudnn;

/// <summary>A convolution by one algorithm of the legacy API.</summary>
internal sealed unsafe class LegacyPlan(
    ICudnnLibrary library, CudnnLegacyCalls calls, LegacyDescriptors descriptors, int algorithm, long workspaceBytes)
    : CudnnPlan(descriptors.Shape, $"legacy algorithm {algorithm}", workspaceBytes)
{
    /// <inheritdoc/>
    public override void Execute(CudnnHandle handle, in ConvolutionOperands operands, DeviceAddress workspace)
    {
        var status = Shape.Direction switch
        {
            ConvolutionDirection.Forward when Shape.Has(ConvolutionEpilogue.Bias) => FusedForward(handle, operands, workspace),
            ConvolutionDirection.Forward => Run(calls.Forward, handle, operands.X, operands.W, operands.Y, workspace),
            ConvolutionDirection.BackwardData => Run(calls.BackwardData, handle, operands.W, operands.Y, operands.X, workspace),
            _ => Run(calls.BackwardFilter, handle, operands.X, operands.Y, operands.W, workspace),
        };
        if (status != CudnnStatus.Success)
        {
            throw CudnnStatus.Failure(library, status, $"cudnnConvolution{Shape.Direction} of {Shape} with {Engine}");
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => descriptors.Dispose();

    private int Run(
        ConvolutionCall convolve,
        CudnnHandle handle,
        DeviceAddress first,
        DeviceAddress second,
        DeviceAddress result,
        DeviceAddress workspace)
    {
        var alpha = 1f;
        var beta = Shape.Has(ConvolutionEpilogue.Accumulate) ? 1f : 0f;
        return convolve(
            handle.Value, &alpha, descriptors.First, (nint)first.Value, descriptors.Second, (nint)second.Value, descriptors.Convolution,
            algorithm, (nint)workspace.Value, (nuint)WorkspaceBytes, &beta, descriptors.Third, (nint)result.Value);
    }

    private int FusedForward(CudnnHandle handle, in ConvolutionOperands o, DeviceAddress workspace)
    {
        var one = 1f;
        var residual = Shape.Has(ConvolutionEpilogue.Add) ? 1f : 0f;
        var z = Shape.Has(ConvolutionEpilogue.Add) ? o.Add : o.Y;
        return calls.BiasActivationForward(
            handle.Value, &one, descriptors.First, (nint)o.X.Value, descriptors.Second, (nint)o.W.Value, descriptors.Convolution, algorithm,
            (nint)workspace.Value, (nuint)WorkspaceBytes, &residual, descriptors.Y, (nint)z.Value, descriptors.Bias, (nint)o.Bias.Value,
            descriptors.Activation, descriptors.Y, (nint)o.Y.Value);
    }
}
