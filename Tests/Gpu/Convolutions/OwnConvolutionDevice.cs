using Fovea.Cuda.Cudnn;
using Fovea.Cuda;
using Fovea.Ops;
using Fovea.CompilerServices;

namespace Fovea.Gpu.Convolutions;

/// <summary>One convolution by the kernels of this repository: a context without cuDNN, with its operands copied from elsewhere.</summary>
internal sealed class OwnConvolutionDevice : IDisposable
{
    private readonly ConvolutionShape shape;
    private readonly KernelSet kernels;
    private readonly CudaModelMemory model;
    private readonly CudaContext context;
    private readonly CudaBackend backend;
    private readonly FeatureMap x;
    private readonly FeatureMap y;
    private readonly ConvParameters w;

    /// <summary>Takes memory for the shape's operands.</summary>
    public OwnConvolutionDevice(ICudaDriver driver, CudaDeviceInfo device, in ConvolutionShape shape)
    {
        this.shape = shape;
        x = new FeatureMap(0, shape.Images, shape.Height, shape.Width, shape.InChannels);
        var after = (x.Length + 127) / 128 * 128;
        y = new FeatureMap(after, shape.Images, shape.OutHeight, shape.OutWidth, shape.OutChannels);
        w = new ConvParameters(
            ParameterStorage.Parameters, 0, -1, shape.InChannels, shape.OutChannels, shape.KernelHeight, shape.Stride, shape.Padding,
            shape.Groups, ConvAlgorithm.IndirectGemm);
        kernels = new KernelSet(driver, device, shape.Precision);
        model = new CudaModelMemory(driver, TestModel.Describe(trainable: (int)shape.WeightLength), shape.Precision);
        var length = after + y.Length + 128;
        context = new CudaContext(driver, device, kernels, model, length, length + 128);
        backend = new CudaBackend(context);
    }

    /// <summary>Where it works.</summary>
    public CudaStream Stream => context.Stream;

    /// <summary>Where the result lies; bytes and type are the shape's.</summary>
    public DeviceAddress Result => shape.Direction switch
    {
        ConvolutionDirection.Forward => context.Values(y).Address,
        ConvolutionDirection.BackwardData => context.Values(x).Address,
        _ => model.Gradients.Address,
    };

    /// <summary>Copies operands.</summary>
    public void Load(in ConvolutionOperands operands)
    {
        var bytes = KernelVariant.BytesOf(shape.Precision);
        var driver = context.Driver;
        driver.CopyOnDevice(context.Values(x).Address, operands.X, x.Length * bytes, Stream);
        driver.CopyOnDevice(context.Values(y).Address, operands.Y, y.Length * bytes, Stream);
        if (shape.Direction != ConvolutionDirection.BackwardFilter)
        {
            driver.CopyOnDevice(model.ParameterValues.Address, operands.W, shape.WeightLength * bytes, Stream);
        }
    }

    /// <summary>Gives the work to the stream.</summary>
    public void Run()
    {
        switch (shape.Direction)
        {
            case ConvolutionDirection.Forward:
                backend.Conv(x, w, y);
                break;
            case ConvolutionDirection.BackwardData:
                backend.ConvBackwardData(w, y, x);
                break;
            default:
                backend.ConvBackwardWeights(x, w, y, new ConvGradients(0, -1));
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        context.Dispose();
        model.Dispose();
        kernels.Dispose();
    }
}
