using unsafe AlgorithmCall = delegate* unmanaged[Cdecl]<
    nint, nint, nint, nint, nint, int, int*, Fovea.Cuda.Cudnn.CudnnAlgorithmPerformance*, int>;
using unsafe SizeCall = delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, int, nuint*, int>;

namespace Fovea.Cuda.Cudnn;

/// <summary>
/// Convolutions by cuDNN's legacy API: for comparison, and where the graph API finds no engine. It knows w·x, w·x + b
/// (+ residual) with or without max(0, ·), wᵀ·dy and dyᵀ·x (+ what is there), all of one type.
/// </summary>
/// <param name="library">Names statuses.</param>
/// <param name="calls">The functions.</param>
internal sealed unsafe class CudnnLegacy(ICudnnLibrary library, CudnnLegacyCalls calls)
{
    private const int MostAlgorithms = 16;

    /// <summary>The function table of a library.</summary>
    public CudnnLegacy(ICudnnLibrary library, nint handle)
        : this(library, new CudnnLegacyCalls(handle, library.Description))
    {
    }

    /// <summary>Whether the API can express a shape.</summary>
    public static bool Knows(in ConvolutionShape shape)
    {
        var fused = shape.Epilogue & ~(ConvolutionEpilogue.NarrowParameters | ConvolutionEpilogue.Accumulate);
        return shape.Direction switch
        {
            ConvolutionDirection.Forward => fused == 0 || (shape.Has(ConvolutionEpilogue.Bias) && shape.ParameterType == shape.ValueType),
            ConvolutionDirection.BackwardData => fused == 0,
            _ => shape.ParameterType == shape.ValueType,
        };
    }

    /// <summary>A plan for a shape, or null where the API cannot express it or has no algorithm.</summary>
    public CudnnPlan? TryPlan(CudnnHandle handle, in ConvolutionShape shape, long workspaceLimit)
    {
        shape.Validate();
        if (!Knows(shape))
        {
            return null;
        }

        var descriptors = new LegacyDescriptors(library, calls, shape);
        var kept = false;
        try
        {
            if (!TryFindAlgorithm(handle, descriptors, workspaceLimit, out var algorithm, out var workspace))
            {
                return null;
            }

            kept = true;
            return new LegacyPlan(library, calls, descriptors, algorithm, workspace);
        }
        finally
        {
            if (!kept)
            {
                descriptors.Dispose();
            }
        }
    }

    private bool TryFindAlgorithm(CudnnHandle handle, LegacyDescriptors d, long workspaceLimit, out int algorithm, out long workspace)
    {
        var found = stackalloc CudnnAlgorithmPerformance[MostAlgorithms];
        var count = 0;
        var status = AlgorithmOf(d.Shape.Direction)(handle.Value, d.First, d.Second, d.Convolution, d.Third, MostAlgorithms, &count, found);
        if (status != CudnnStatus.Success && !CudnnStatus.IsRefusal(status))
        {
            throw CudnnStatus.Failure(library, status, $"cudnnGetConvolution{d.Shape.Direction}Algorithm_v7 of {d.Shape}");
        }

        var sizeOf = SizeOf(d.Shape.Direction);
        for (var i = 0; i < count && status == CudnnStatus.Success; i++)
        {
            nuint bytes = 0;
            var usable = found[i].Status == CudnnStatus.Success && d.Takes(found[i]) &&
                sizeOf(handle.Value, d.First, d.Second, d.Convolution, d.Third, found[i].Algorithm, &bytes) == CudnnStatus.Success;
            if (usable && (long)bytes <= workspaceLimit)
            {
                (algorithm, workspace) = (found[i].Algorithm, (long)bytes);
                return true;
            }
        }

        (algorithm, workspace) = (0, 0);
        return false;
    }

    private AlgorithmCall AlgorithmOf(ConvolutionDirection direction) => direction switch
    {
        ConvolutionDirection.Forward => calls.GetForwardAlgorithm,
        ConvolutionDirection.BackwardData => calls.GetBackwardDataAlgorithm,
        _ => calls.GetBackwardFilterAlgorithm,
    };

    private SizeCall SizeOf(ConvolutionDirection direction) => direction switch
    {
        ConvolutionDirection.Forward => calls.GetForwardWorkspaceSize,
        ConvolutionDirection.BackwardData => calls.GetBackwardDataWorkspaceSize,
        _ => calls.GetBackwardFilterWorkspaceSize,
    };
}
