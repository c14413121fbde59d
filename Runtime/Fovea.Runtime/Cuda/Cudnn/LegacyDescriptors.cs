namespace Fovea.Cuda.Cudnn;

/// <summary>The legacy API's descriptors of one convolution.</summary>
internal sealed unsafe class LegacyDescriptors : IDisposable
{
    private const int ImplicitPrecomputedGemm = 1;

    private readonly ICudnnLibrary library;
    private readonly CudnnLegacyCalls calls;
    private nint x;
    private nint y;
    private nint w;
    private nint bias;
    private nint convolution;
    private nint activation;

    /// <summary>Creates and sets them.</summary>
    public LegacyDescriptors(ICudnnLibrary library, CudnnLegacyCalls calls, in ConvolutionShape shape)
    {
        this.library = library;
        this.calls = calls;
        Shape = shape;
        var ready = false;
        try
        {
            SetTensors(shape);
            SetConvolution(shape);
            ready = true;
        }
        finally
        {
            if (!ready)
            {
                Dispose();
            }
        }
    }

    /// <summary>What they describe.</summary>
    public ConvolutionShape Shape { get; }

    /// <summary>The convolution.</summary>
    public nint Convolution => convolution;

    /// <summary>max(0, ·) or nothing.</summary>
    public nint Activation => activation;

    /// <summary>[1, K, 1, 1].</summary>
    public nint Bias => bias;

    /// <summary>The output, which residuals are like.</summary>
    public nint Y => y;

    /// <summary>The first tensor of the direction's calls: x, w or x.</summary>
    public nint First => Shape.Direction == ConvolutionDirection.BackwardData ? w : x;

    /// <summary>The second: w, dy or dy.</summary>
    public nint Second => Shape.Direction == ConvolutionDirection.Forward ? w : y;

    /// <summary>The result: y, dx or dw.</summary>
    public nint Third => Shape.Direction switch
    {
        ConvolutionDirection.Forward => y,
        ConvolutionDirection.BackwardData => x,
        _ => w,
    };

    /// <summary>With a bias but without max(0, ·), cuDNN takes one algorithm only.</summary>
    public bool Takes(in CudnnAlgorithmPerformance found) =>
        !Shape.Has(ConvolutionEpilogue.Bias) || Shape.Has(ConvolutionEpilogue.Relu) || found.Algorithm == ImplicitPrecomputedGemm;

    /// <inheritdoc/>
    public void Dispose()
    {
        Destroy(ref x, calls.DestroyTensorDescriptor);
        Destroy(ref y, calls.DestroyTensorDescriptor);
        Destroy(ref bias, calls.DestroyTensorDescriptor);
        Destroy(ref w, calls.DestroyFilterDescriptor);
        Destroy(ref convolution, calls.DestroyConvolutionDescriptor);
        Destroy(ref activation, calls.DestroyActivationDescriptor);
    }

    private static void Destroy(ref nint descriptor, delegate* unmanaged[Cdecl]<nint, int> destroy)
    {
        if (descriptor != 0)
        {
            _ = destroy(descriptor);
            descriptor = 0;
        }
    }

    private void SetTensors(in ConvolutionShape s)
    {
        x = Create(calls.CreateTensorDescriptor, "cudnnCreateTensorDescriptor");
        y = Create(calls.CreateTensorDescriptor, "cudnnCreateTensorDescriptor");
        bias = Create(calls.CreateTensorDescriptor, "cudnnCreateTensorDescriptor");
        w = Create(calls.CreateFilterDescriptor, "cudnnCreateFilterDescriptor");
        var (type, format) = ((int)s.ValueType, (int)CudnnTensorFormat.Nhwc);
        Check(calls.SetTensor4dDescriptor(x, format, type, s.Images, s.InChannels, s.Height, s.Width), "cudnnSetTensor4dDescriptor of x");
        Check(
            calls.SetTensor4dDescriptor(y, format, type, s.Images, s.OutChannels, s.OutHeight, s.OutWidth),
            "cudnnSetTensor4dDescriptor of y");
        Check(calls.SetTensor4dDescriptor(bias, format, type, 1, s.OutChannels, 1, 1), "cudnnSetTensor4dDescriptor of the bias");
        Check(
            calls.SetFilter4dDescriptor(w, type, format, s.OutChannels, s.InChannels / s.Groups, s.KernelHeight, s.KernelWidth),
            "cudnnSetFilter4dDescriptor");
    }

    private void SetConvolution(in ConvolutionShape s)
    {
        const int Dilation = 1;
        const int NotPropagateNan = 0;
        convolution = Create(calls.CreateConvolutionDescriptor, "cudnnCreateConvolutionDescriptor");
        activation = Create(calls.CreateActivationDescriptor, "cudnnCreateActivationDescriptor");
        Check(
            calls.SetConvolution2dDescriptor(
                convolution, s.Padding, s.Padding, s.Stride, s.Stride, Dilation, Dilation, (int)CudnnConvolutionMode.CrossCorrelation,
                (int)CudnnDataType.Float),
            "cudnnSetConvolution2dDescriptor");
        Check(calls.SetConvolutionGroupCount(convolution, s.Groups), "cudnnSetConvolutionGroupCount");
        var math = s.Precision switch
        {
            Precision.Float32 => CudnnMathType.Fma,
            Precision.TensorFloat32 => CudnnMathType.Default,
            _ => CudnnMathType.TensorOp,
        };
        Check(calls.SetConvolutionMathType(convolution, (int)math), "cudnnSetConvolutionMathType");
        var mode = s.Has(ConvolutionEpilogue.Relu) ? CudnnActivationMode.Relu : CudnnActivationMode.Identity;
        Check(calls.SetActivationDescriptor(activation, (int)mode, NotPropagateNan, 0), "cudnnSetActivationDescriptor");
    }

    private nint Create(delegate* unmanaged[Cdecl]<nint*, int> create, string call)
    {
        nint descriptor = 0;
        Check(create(&descriptor), call);
        return descriptor;
    }

    private void Check(int status, string call) => CudnnStatus.Check(library, status, call);
}
