using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Tests.Cudnn;

/// <summary>The simulated cuDNN refuses what cuDNN refuses, and the error says what, where and why.</summary>
[Collection(SerialSimulator.Name)]
public sealed class DescriptorTests : SimulatorTest
{
    [SkippableFact]
    public void A_missing_attribute_is_named()
    {
        using var pointwise = New(CudnnDescriptorType.Pointwise).Set(CudnnAttribute.PointwiseMode, CudnnPointwiseMode.Add);
        Fails(
            () => pointwise.Complete(), "cudnnBackendFinalize of Pointwise", "CUDNN_STATUS_BAD_PARAM (2000)",
            "POINTWISE lacks POINTWISE_MATH_PREC");
    }

    [SkippableFact]
    public void An_attribute_of_another_descriptor_is_refused()
    {
        using var tensor = New(CudnnDescriptorType.Tensor);
        Fails(
            () => tensor.Set(CudnnAttribute.ConvolutionForwardAlpha, 1f),
            "cudnnBackendSetAttribute of Tensor, ConvolutionForwardAlpha,",
            "TENSOR has no settable attribute OPERATION_CONVOLUTION_FORWARD_ALPHA (700)");
    }

    [SkippableFact]
    public void A_value_of_the_wrong_type_is_refused()
    {
        using var tensor = New(CudnnDescriptorType.Tensor);
        Fails(
            () => tensor.Set(CudnnAttribute.TensorDataType, 0L), "CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE (2010)",
            "TENSOR.TENSOR_DATA_TYPE takes attribute type 1");
    }

    [SkippableFact]
    public void Too_few_values_are_refused()
    {
        using var tensor = New(CudnnDescriptorType.Tensor);
        Fails(() => tensor.Set(CudnnAttribute.TensorDimensions, [1, 2, 3]), "TENSOR.TENSOR_DIMENSIONS takes 4 to 4 values, not 3");
    }

    [SkippableFact]
    public void A_completed_descriptor_does_not_change()
    {
        using var tensor = Tensor(1, [1, 8, 2, 2]).Complete();
        Fails(() => tensor.Set(CudnnAttribute.TensorUniqueId, 2L), "TENSOR.TENSOR_UNIQUE_ID is set after TENSOR was finalized");
        Fails(() => tensor.Complete(), "TENSOR is finalized twice");
    }

    [SkippableFact]
    public void An_incomplete_descriptor_is_not_used()
    {
        using var tensor = Tensor(1, [1, 8, 2, 2]);
        using var operation = New(CudnnDescriptorType.OperationConvolutionForward);
        Fails(
            () => operation.Set(CudnnAttribute.ConvolutionForwardX, tensor),
            "CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED (2004)",
            "OPERATION_CONVOLUTION_FORWARD_X: TENSOR is used before it is finalized");
    }

    [SkippableFact]
    public void Strides_other_than_NHWC_are_refused()
    {
        using var tensor = New(CudnnDescriptorType.Tensor)
            .Set(CudnnAttribute.TensorUniqueId, 1L)
            .Set(CudnnAttribute.TensorDataType, CudnnDataType.Float)
            .Set(CudnnAttribute.TensorByteAlignment, 16L)
            .Set(CudnnAttribute.TensorDimensions, [1, 8, 2, 3])
            .Set(CudnnAttribute.TensorStrides, [48, 6, 3, 1]);
        Fails(() => tensor.Complete(), "TENSOR.TENSOR_STRIDES {48,6,3,1} are not NHWC for {1,8,2,3}");
    }

    [SkippableFact]
    public void Virtual_tensors_are_float32()
    {
        using var tensor = Tensor(1, [1, 8, 2, 2], CudnnDataType.BFloat16).Set(CudnnAttribute.TensorIsVirtual, true);
        Fails(() => tensor.Complete(), "TENSOR.TENSOR_DATA_TYPE of a virtual tensor is 9, not FLOAT");
    }

    [SkippableFact]
    public void An_output_of_another_size_than_the_formula_gives_is_refused()
    {
        using var x = Tensor(1, [1, 8, 5, 5]).Complete();
        using var w = Tensor(2, [8, 8, 3, 3]).Complete();
        using var y = Tensor(3, [1, 8, 5, 5]).Complete();
        using var convolution = Convolution(padding: 0);
        using var operation = Forward(convolution, x, w, y);
        Fails(
            () => operation.Complete(), "CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH (2008)", "y has 5 cells along axis 0, the formula gives 3");
    }

    [SkippableFact]
    public void Unique_ids_are_unique()
    {
        using var handle = new CudnnHandle(Library);
        using var x = Tensor(1, [1, 8, 5, 5]).Complete();
        using var w = Tensor(2, [8, 8, 3, 3]).Complete();
        using var y = Tensor(1, [1, 8, 5, 5]).Complete();
        using var convolution = Convolution(padding: 1);
        using var operation = Forward(convolution, x, w, y).Complete();
        using var graph = New(CudnnDescriptorType.OperationGraph)
            .Set(CudnnAttribute.OperationGraphHandle, handle)
            .Set(CudnnAttribute.OperationGraphOperations, [operation]);
        Fails(() => graph.Complete(), "two tensors have TENSOR_UNIQUE_ID 1");
    }

    [SkippableFact]
    public void Operations_come_in_the_order_of_their_values()
    {
        using var handle = new CudnnHandle(Library);
        using var x = Tensor(1, [1, 8, 5, 5]).Complete();
        using var w = Tensor(2, [8, 8, 3, 3]).Complete();
        using var between = Tensor(9, [1, 8, 5, 5]).Set(CudnnAttribute.TensorIsVirtual, true).Complete();
        using var y = Tensor(3, [1, 8, 5, 5]).Complete();
        using var convolution = Convolution(padding: 1);
        using var forward = Forward(convolution, x, w, between).Complete();
        using var mode = New(CudnnDescriptorType.Pointwise)
            .Set(CudnnAttribute.PointwiseMode, CudnnPointwiseMode.ReluForward)
            .Set(CudnnAttribute.PointwiseMathPrecision, CudnnDataType.Float)
            .Complete();
        using var relu = New(CudnnDescriptorType.OperationPointwise)
            .Set(CudnnAttribute.OperationPointwiseDescriptor, mode)
            .Set(CudnnAttribute.OperationPointwiseX, between)
            .Set(CudnnAttribute.OperationPointwiseY, y)
            .Complete();
        using var graph = New(CudnnDescriptorType.OperationGraph)
            .Set(CudnnAttribute.OperationGraphHandle, handle)
            .Set(CudnnAttribute.OperationGraphOperations, [relu, forward]);
        Fails(() => graph.Complete(), "virtual tensor 9 is consumed before it is produced");
    }

    [SkippableFact]
    public void A_descriptor_of_no_type_is_refused() =>
        Fails(() => New((CudnnDescriptorType)99), "cudnnBackendCreateDescriptor of 99", "descriptor type 99 is unknown");

    [SkippableTheory]
    [InlineData(0x1000, 0, "CUDNN_STATUS_BAD_PARAM_NULL_POINTER (2002)", "tensor 2 has none")]
    [InlineData(0x1008, 0x1000, "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER (2003)", "tensor 1 is not aligned to 16")]
    public void A_variant_pack_supplies_each_tensor(ulong x, ulong w, string status, string reason)
    {
        using var handle = new CudnnHandle(Library);
        var shape = new ConvolutionShape(ConvolutionDirection.Forward, 1, 2, 2, 8, 8, 1, 1, 1, 0, 1, Precision.BFloat16);
        using var plan = new ConvolutionPlanner(Library, handle, Plain).TryPlan(shape);
        Assert.NotNull(plan);
        var operands = new ConvolutionOperands(new DeviceAddress(x), new DeviceAddress(w), new DeviceAddress(0x1000));
        Fails(() => plan.Execute(handle, operands, new DeviceAddress(0x1000)), "cudnnBackendFinalize of VariantPack", status, reason);
    }

    [SkippableFact]
    public unsafe void A_variant_pack_names_the_graphs_tensors_and_no_others()
    {
        using var handle = new CudnnHandle(Library);
        using var plan = new ConvolutionPlanner(Library, handle, Plain).TryPlan(
            new ConvolutionShape(ConvolutionDirection.Forward, 1, 2, 2, 8, 8, 1, 1, 1, 0, 1, Precision.BFloat16));
        Assert.NotNull(plan);
        Assert.Equal(0, Library.CreateDescriptor(CudnnDescriptorType.VariantPack, out var pack));
        long* ids = stackalloc long[] { 1, 2, 77 };
        nint* pointers = stackalloc nint[] { 0x1000, 0x2000, 0x3000 };
        var buffer = new byte[1 << 16];
        fixed (byte* workspace = buffer)
        {
            var space = (nint)workspace;
            Assert.Equal(0, Library.SetAttribute(pack, CudnnAttribute.VariantPackUniqueIds, CudnnAttributeType.Int64, 3, ids));
            const CudnnAttribute Pointers = CudnnAttribute.VariantPackDataPointers;
            Assert.Equal(0, Library.SetAttribute(pack, Pointers, CudnnAttributeType.VoidPointer, 3, pointers));
            Assert.Equal(0, Library.SetAttribute(pack, CudnnAttribute.VariantPackWorkspace, CudnnAttributeType.VoidPointer, 1, &space));
            Assert.Equal(0, Library.FinalizeDescriptor(pack));
            Assert.NotEqual(0, Library.Execute(handle.Value, plan.Descriptor, pack));
            Assert.Equal("VARIANT_PACK.VARIANT_PACK_UNIQUE_IDS lacks tensor 3", Library.GetLastErrorString());
            Assert.Equal(0, Library.DestroyDescriptor(pack));
        }
    }

    private static CudnnDescriptor New(CudnnDescriptorType type) => new(Library, type);

    private static CudnnDescriptor Tensor(long id, long[] d, CudnnDataType type = CudnnDataType.Float) => New(CudnnDescriptorType.Tensor)
        .Set(CudnnAttribute.TensorUniqueId, id)
        .Set(CudnnAttribute.TensorDataType, type)
        .Set(CudnnAttribute.TensorByteAlignment, 16L)
        .Set(CudnnAttribute.TensorDimensions, d)
        .Set(CudnnAttribute.TensorStrides, [d[1] * d[2] * d[3], 1, d[1] * d[3], d[1]]);

    private static CudnnDescriptor Convolution(long padding) => New(CudnnDescriptorType.Convolution)
        .Set(CudnnAttribute.ConvolutionComputeType, CudnnDataType.Float)
        .Set(CudnnAttribute.ConvolutionMode, CudnnConvolutionMode.CrossCorrelation)
        .Set(CudnnAttribute.ConvolutionSpatialDimensions, 2L)
        .Set(CudnnAttribute.ConvolutionPrePaddings, [padding, padding])
        .Set(CudnnAttribute.ConvolutionPostPaddings, [padding, padding])
        .Set(CudnnAttribute.ConvolutionFilterStrides, [1, 1])
        .Set(CudnnAttribute.ConvolutionDilations, [1, 1])
        .Complete();

    private static CudnnDescriptor Forward(CudnnDescriptor convolution, CudnnDescriptor x, CudnnDescriptor w, CudnnDescriptor y) =>
        New(CudnnDescriptorType.OperationConvolutionForward)
            .Set(CudnnAttribute.ConvolutionForwardDescriptor, convolution)
            .Set(CudnnAttribute.ConvolutionForwardX, x)
            .Set(CudnnAttribute.ConvolutionForwardW, w)
            .Set(CudnnAttribute.ConvolutionForwardY, y)
            .Set(CudnnAttribute.ConvolutionForwardAlpha, 1f)
            .Set(CudnnAttribute.ConvolutionForwardBeta, 0f);

    private static void Fails(Action act, params string[] parts)
    {
        var error = Assert.Throws<CudaException>(act);
        Assert.Equal(CudaFailure.Cudnn, error.Failure);
        Assert.DoesNotContain('\n', error.Message);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}
