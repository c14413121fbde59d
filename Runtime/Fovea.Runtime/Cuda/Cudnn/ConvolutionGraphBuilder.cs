namespace Fovea.Cuda.Cudnn;

/// <summary>
/// Builds a convolution's operation graph. Tensors are written N, C, H, W with the strides of NHWC; what passes between operations is
/// virtual and float32.
/// <para>Forward: w·x → + residual → + b → max(0, ·) → y. Residual before bias: that order is the one that cuDNN's precompiled engines
/// know.</para>
/// <para>Backward data: wᵀ·dy → + accumulate → · [x &gt; 0] → dx. Backward filter: dyᵀ·x → dw.</para>
/// </summary>
internal sealed class ConvolutionGraphBuilder
{
    private const int FirstVirtualId = 100;
    private const long Alignment = 16;

    private readonly ICudnnLibrary library;
    private readonly ConvolutionShape shape;
    private readonly List<CudnnDescriptor> parts = [];
    private readonly List<CudnnDescriptor> operations = [];
    private readonly List<ConvolutionOperand> operands = [];
    private int virtuals;
    private int epilogueLeft;

    private ConvolutionGraphBuilder(ICudnnLibrary library, in ConvolutionShape shape)
    {
        this.library = library;
        this.shape = shape;
    }

    /// <summary>The graph of a shape, or null with the reason where cuDNN does not take such graphs.</summary>
    /// <exception cref="CudaException">A call failed otherwise.</exception>
    public static ConvolutionGraph? TryBuild(ICudnnLibrary library, CudnnHandle handle, in ConvolutionShape shape, out string refusal)
    {
        shape.Validate();
        var builder = new ConvolutionGraphBuilder(library, shape);
        var built = false;
        try
        {
            builder.AddOperations();
            built = builder.TryComplete(handle, out refusal);
            return built ? new ConvolutionGraph(shape, [.. builder.operands.Order()], builder.parts) : null;
        }
        finally
        {
            if (!built)
            {
                builder.DisposeParts();
            }
        }
    }

    private void DisposeParts()
    {
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            parts[i].Dispose();
        }
    }

    private bool TryComplete(CudnnHandle handle, out string refusal)
    {
        var graph = Own(CudnnDescriptorType.OperationGraph)
            .Set(CudnnAttribute.OperationGraphHandle, handle)
            .Set(CudnnAttribute.OperationGraphOperations, operations);
        var status = graph.TryComplete();
        refusal = status == CudnnStatus.Success ? "" : CudnnStatus.Describe(library, status);
        return status == CudnnStatus.Success || (CudnnStatus.IsRefusal(status)
            ? false
            : throw CudnnStatus.Failure(library, status, $"cudnnBackendFinalize of OperationGraph for {shape}"));
    }

    private void AddOperations()
    {
        switch (shape.Direction)
        {
            case ConvolutionDirection.Forward:
                AddForward();
                break;
            case ConvolutionDirection.BackwardData:
                AddBackwardData();
                break;
            default:
                AddBackwardFilter();
                break;
        }
    }

    private void AddForward()
    {
        epilogueLeft = Count(ConvolutionEpilogue.Add) + Count(ConvolutionEpilogue.Bias) + Count(ConvolutionEpilogue.Relu);
        var y = Result();
        operations.Add(Own(CudnnDescriptorType.OperationConvolutionForward)
            .Set(CudnnAttribute.ConvolutionForwardDescriptor, Convolution())
            .Set(CudnnAttribute.ConvolutionForwardX, Tensor(ConvolutionOperand.X))
            .Set(CudnnAttribute.ConvolutionForwardW, Tensor(ConvolutionOperand.W))
            .Set(CudnnAttribute.ConvolutionForwardY, y)
            .Set(CudnnAttribute.ConvolutionForwardAlpha, 1f)
            .Set(CudnnAttribute.ConvolutionForwardBeta, 0f)
            .Complete());
        if (shape.Has(ConvolutionEpilogue.Add))
        {
            y = AddTensor(y, ConvolutionOperand.Add);
        }

        if (shape.Has(ConvolutionEpilogue.Bias))
        {
            y = AddTensor(y, ConvolutionOperand.Bias);
        }

        if (shape.Has(ConvolutionEpilogue.Relu))
        {
            AddRelu(y);
        }
    }

    private void AddBackwardData()
    {
        epilogueLeft = Count(ConvolutionEpilogue.Add) + Count(ConvolutionEpilogue.Mask);
        var dx = Result();
        operations.Add(Own(CudnnDescriptorType.OperationConvolutionBackwardData)
            .Set(CudnnAttribute.ConvolutionBackwardDataDescriptor, Convolution())
            .Set(CudnnAttribute.ConvolutionBackwardDataDy, Tensor(ConvolutionOperand.Y))
            .Set(CudnnAttribute.ConvolutionBackwardDataW, Tensor(ConvolutionOperand.W))
            .Set(CudnnAttribute.ConvolutionBackwardDataDx, dx)
            .Set(CudnnAttribute.ConvolutionBackwardDataAlpha, 1f)
            .Set(CudnnAttribute.ConvolutionBackwardDataBeta, 0f)
            .Complete());
        if (shape.Has(ConvolutionEpilogue.Add))
        {
            dx = AddTensor(dx, ConvolutionOperand.Add);
        }

        if (shape.Has(ConvolutionEpilogue.Mask))
        {
            AddMask(dx);
        }
    }

    private void AddBackwardFilter() =>
        operations.Add(Own(CudnnDescriptorType.OperationConvolutionBackwardFilter)
            .Set(CudnnAttribute.ConvolutionBackwardFilterDescriptor, Convolution())
            .Set(CudnnAttribute.ConvolutionBackwardFilterX, Tensor(ConvolutionOperand.X))
            .Set(CudnnAttribute.ConvolutionBackwardFilterDy, Tensor(ConvolutionOperand.Y))
            .Set(CudnnAttribute.ConvolutionBackwardFilterDw, Tensor(ConvolutionOperand.W))
            .Set(CudnnAttribute.ConvolutionBackwardFilterAlpha, 1f)
            .Set(CudnnAttribute.ConvolutionBackwardFilterBeta, shape.Has(ConvolutionEpilogue.Accumulate) ? 1f : 0f)
            .Complete());

    private CudnnDescriptor AddTensor(CudnnDescriptor x, ConvolutionOperand added)
    {
        var b = Tensor(added);
        var y = Next();
        operations.Add(Own(CudnnDescriptorType.OperationPointwise)
            .Set(CudnnAttribute.OperationPointwiseDescriptor, Pointwise(CudnnPointwiseMode.Add))
            .Set(CudnnAttribute.OperationPointwiseX, x)
            .Set(CudnnAttribute.OperationPointwiseB, b)
            .Set(CudnnAttribute.OperationPointwiseY, y)
            .Complete());
        return y;
    }

    private void AddRelu(CudnnDescriptor x) =>
        operations.Add(Own(CudnnDescriptorType.OperationPointwise)
            .Set(CudnnAttribute.OperationPointwiseDescriptor, Pointwise(CudnnPointwiseMode.ReluForward))
            .Set(CudnnAttribute.OperationPointwiseX, x)
            .Set(CudnnAttribute.OperationPointwiseY, Next())
            .Complete());

    private void AddMask(CudnnDescriptor dy) =>
        operations.Add(Own(CudnnDescriptorType.OperationPointwise)
            .Set(CudnnAttribute.OperationPointwiseDescriptor, Pointwise(CudnnPointwiseMode.ReluBackward))
            .Set(CudnnAttribute.OperationPointwiseDy, dy)
            .Set(CudnnAttribute.OperationPointwiseX, Tensor(ConvolutionOperand.Mask))
            .Set(CudnnAttribute.OperationPointwiseDx, Next())
            .Complete());

    private CudnnDescriptor Next()
    {
        epilogueLeft--;
        return Result();
    }

    /// <summary>What the next operation writes: y or dx itself if it is the last, a virtual tensor otherwise.</summary>
    private CudnnDescriptor Result()
    {
        var result = shape.Direction == ConvolutionDirection.Forward ? ConvolutionOperand.Y : ConvolutionOperand.X;
        return epilogueLeft == 0
            ? Tensor(result)
            : Tensor(FirstVirtualId + virtuals++, DimensionsOf(result), CudnnDataType.Float, isVirtual: true);
    }

    private int Count(ConvolutionEpilogue part) => shape.Has(part) ? 1 : 0;

    private CudnnDescriptor Tensor(ConvolutionOperand operand)
    {
        operands.Add(operand);
        var narrow = operand is not ConvolutionOperand.Bias &&
            !(operand is ConvolutionOperand.W && shape.Direction == ConvolutionDirection.BackwardFilter);
        return Tensor((int)operand, DimensionsOf(operand), narrow ? shape.ValueType : shape.ParameterType, isVirtual: false);
    }

    private CudnnDescriptor Tensor(int id, (long N, long C, long H, long W) d, CudnnDataType type, bool isVirtual) =>
        Own(CudnnDescriptorType.Tensor)
            .Set(CudnnAttribute.TensorUniqueId, id)
            .Set(CudnnAttribute.TensorDataType, type)
            .Set(CudnnAttribute.TensorByteAlignment, Alignment)
            .Set(CudnnAttribute.TensorDimensions, [d.N, d.C, d.H, d.W])
            .Set(CudnnAttribute.TensorStrides, [d.H * d.W * d.C, 1, d.W * d.C, d.C])
            .Set(CudnnAttribute.TensorIsVirtual, isVirtual)
            .Complete();

    private (long N, long C, long H, long W) DimensionsOf(ConvolutionOperand operand) => operand switch
    {
        ConvolutionOperand.W => (shape.OutChannels, shape.InChannels / shape.Groups, shape.KernelHeight, shape.KernelWidth),
        ConvolutionOperand.Bias => (1, shape.OutChannels, 1, 1),
        ConvolutionOperand.Add when shape.Direction == ConvolutionDirection.Forward => DimensionsOf(ConvolutionOperand.Y),
        ConvolutionOperand.Y => (shape.Images, shape.OutChannels, shape.OutHeight, shape.OutWidth),
        _ => (shape.Images, shape.InChannels, shape.Height, shape.Width),
    };

    private CudnnDescriptor Convolution() =>
        Own(CudnnDescriptorType.Convolution)
            .Set(CudnnAttribute.ConvolutionComputeType, CudnnDataType.Float)
            .Set(CudnnAttribute.ConvolutionMode, CudnnConvolutionMode.CrossCorrelation)
            .Set(CudnnAttribute.ConvolutionSpatialDimensions, 2L)
            .Set(CudnnAttribute.ConvolutionPrePaddings, [shape.Padding, shape.Padding])
            .Set(CudnnAttribute.ConvolutionPostPaddings, [shape.Padding, shape.Padding])
            .Set(CudnnAttribute.ConvolutionFilterStrides, [shape.Stride, shape.Stride])
            .Set(CudnnAttribute.ConvolutionDilations, [1, 1])
            .Complete();

    private CudnnDescriptor Pointwise(CudnnPointwiseMode mode) =>
        Own(CudnnDescriptorType.Pointwise)
            .Set(CudnnAttribute.PointwiseMode, mode)
            .Set(CudnnAttribute.PointwiseMathPrecision, CudnnDataType.Float)
            .Complete();

    private CudnnDescriptor Own(CudnnDescriptorType type)
    {
        var descriptor = new CudnnDescriptor(library, type);
        parts.Add(descriptor);
        return descriptor;
    }
}
