using System.Runtime.InteropServices;
using unsafe AlgorithmCall = delegate* unmanaged[Cdecl]<
    nint, nint, nint, nint, nint, int, int*, Fovea.Cuda.Cudnn.CudnnAlgorithmPerformance*, int>;
using unsafe BiasActivationCall = delegate* unmanaged[Cdecl]<
    nint, float*, nint, nint, nint, nint, nint, int, nint, nuint, float*, nint, nint, nint, nint, nint, nint, nint, int>;
using unsafe ConvolutionCall = delegate* unmanaged[Cdecl]<
    nint, float*, nint, nint, nint, nint, nint, int, nint, nuint, float*, nint, nint, int>;
using unsafe SizeCall = delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, int, nuint*, int>;

namespace Fovea.Cuda.Cudnn;

/// <summary>cudnnConvolution{Fwd,BwdData,BwdFilter}AlgoPerf_t, which have the same members.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CudnnAlgorithmPerformance
{
    /// <summary>cudnnConvolution…Algo_t.</summary>
    public int Algorithm;

    /// <summary>Whether it can be used.</summary>
    public int Status;

    /// <summary>Expected or measured; −1 for neither.</summary>
    public float Time;

    /// <summary>Workspace.</summary>
    public nuint Memory;

    /// <summary>1 for the same bits each time.</summary>
    public int Determinism;

    /// <summary>cudnnMathType_t.</summary>
    public int MathType;

    /// <summary>Not used.</summary>
    public fixed int Reserved[3];
}

/// <summary>
/// The functions of the legacy convolution API that Fovea uses, of an opened libcudnn.so.9. Fields are named as cuDNN names the functions,
/// without their prefix; operands are descriptor, then data; a, b and c are the first, second and third tensor of a call, in its order.
/// </summary>
internal sealed unsafe class CudnnLegacyCalls
{
    public readonly delegate* unmanaged[Cdecl]<nint*, int> CreateTensorDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint, int> DestroyTensorDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint, int, int, int, int, int, int, int> SetTensor4dDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint*, int> CreateFilterDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint, int> DestroyFilterDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint, int, int, int, int, int, int, int> SetFilter4dDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint*, int> CreateConvolutionDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint, int> DestroyConvolutionDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint, int, int, int, int, int, int, int, int, int> SetConvolution2dDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint, int, int> SetConvolutionGroupCount;
    public readonly delegate* unmanaged[Cdecl]<nint, int, int> SetConvolutionMathType;
    public readonly delegate* unmanaged[Cdecl]<nint*, int> CreateActivationDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint, int> DestroyActivationDescriptor;
    public readonly delegate* unmanaged[Cdecl]<nint, int, int, double, int> SetActivationDescriptor;

    // handle, a, b, convolution, c, requested, returned, performance
    public readonly AlgorithmCall GetForwardAlgorithm;
    public readonly AlgorithmCall GetBackwardDataAlgorithm;
    public readonly AlgorithmCall GetBackwardFilterAlgorithm;

    // handle, a, b, convolution, c, algorithm, bytes
    public readonly SizeCall GetForwardWorkspaceSize;
    public readonly SizeCall GetBackwardDataWorkspaceSize;
    public readonly SizeCall GetBackwardFilterWorkspaceSize;

    // handle, alpha, a, b, convolution, algorithm, workspace, bytes, beta, c
    public readonly ConvolutionCall Forward;
    public readonly ConvolutionCall BackwardData;
    public readonly ConvolutionCall BackwardFilter;

    // handle, alpha1, x, w, convolution, algorithm, workspace, bytes, alpha2, z, bias, activation, y
    public readonly BiasActivationCall BiasActivationForward;

    /// <summary>Finds the functions.</summary>
    /// <param name="library">A handle of <see cref="NativeLibrary"/>; it stays the caller's.</param>
    /// <param name="description">For messages: the file, for example.</param>
    /// <exception cref="CudaException">A function is missing.</exception>
    public CudnnLegacyCalls(nint library, string description)
    {
        nint Find(string name) => CudnnExports.Find(library, description, name);
        CreateTensorDescriptor = (delegate* unmanaged[Cdecl]<nint*, int>)Find("cudnnCreateTensorDescriptor");
        DestroyTensorDescriptor = (delegate* unmanaged[Cdecl]<nint, int>)Find("cudnnDestroyTensorDescriptor");
        SetTensor4dDescriptor = (delegate* unmanaged[Cdecl]<nint, int, int, int, int, int, int, int>)Find("cudnnSetTensor4dDescriptor");
        CreateFilterDescriptor = (delegate* unmanaged[Cdecl]<nint*, int>)Find("cudnnCreateFilterDescriptor");
        DestroyFilterDescriptor = (delegate* unmanaged[Cdecl]<nint, int>)Find("cudnnDestroyFilterDescriptor");
        SetFilter4dDescriptor = (delegate* unmanaged[Cdecl]<nint, int, int, int, int, int, int, int>)Find("cudnnSetFilter4dDescriptor");
        CreateConvolutionDescriptor = (delegate* unmanaged[Cdecl]<nint*, int>)Find("cudnnCreateConvolutionDescriptor");
        DestroyConvolutionDescriptor = (delegate* unmanaged[Cdecl]<nint, int>)Find("cudnnDestroyConvolutionDescriptor");
        SetConvolution2dDescriptor =
            (delegate* unmanaged[Cdecl]<nint, int, int, int, int, int, int, int, int, int>)Find("cudnnSetConvolution2dDescriptor");
        SetConvolutionGroupCount = (delegate* unmanaged[Cdecl]<nint, int, int>)Find("cudnnSetConvolutionGroupCount");
        SetConvolutionMathType = (delegate* unmanaged[Cdecl]<nint, int, int>)Find("cudnnSetConvolutionMathType");
        CreateActivationDescriptor = (delegate* unmanaged[Cdecl]<nint*, int>)Find("cudnnCreateActivationDescriptor");
        DestroyActivationDescriptor = (delegate* unmanaged[Cdecl]<nint, int>)Find("cudnnDestroyActivationDescriptor");
        SetActivationDescriptor = (delegate* unmanaged[Cdecl]<nint, int, int, double, int>)Find("cudnnSetActivationDescriptor");
        GetForwardAlgorithm = (AlgorithmCall)Find("cudnnGetConvolutionForwardAlgorithm_v7");
        GetBackwardDataAlgorithm = (AlgorithmCall)Find("cudnnGetConvolutionBackwardDataAlgorithm_v7");
        GetBackwardFilterAlgorithm = (AlgorithmCall)Find("cudnnGetConvolutionBackwardFilterAlgorithm_v7");
        GetForwardWorkspaceSize = (SizeCall)Find("cudnnGetConvolutionForwardWorkspaceSize");
        GetBackwardDataWorkspaceSize = (SizeCall)Find("cudnnGetConvolutionBackwardDataWorkspaceSize");
        GetBackwardFilterWorkspaceSize = (SizeCall)Find("cudnnGetConvolutionBackwardFilterWorkspaceSize");
        Forward = (ConvolutionCall)Find("cudnnConvolutionForward");
        BackwardData = (ConvolutionCall)Find("cudnnConvolutionBackwardData");
        BackwardFilter = (ConvolutionCall)Find("cudnnConvolutionBackwardFilter");
        BiasActivationForward = (BiasActivationCall)Find("cudnnConvolutionBiasActivationForward");
    }
}
