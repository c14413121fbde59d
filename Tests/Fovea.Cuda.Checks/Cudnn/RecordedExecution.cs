using System.Globalization;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Checks.Cudnn;

/// <summary>
/// An execution of the recording cuDNN in words, for example
/// <c>cudnn Forward stride 1 padding 1 + Add Bias + ReluForward(X: arena+0 BFloat16[1,8,8,8], …, workspace: workspace+0)</c>: the graph's
/// operations in their order, then the tensors, in cuDNN's order of dimensions.
/// </summary>
internal static class RecordedExecution
{
    /// <summary>The line of an execution.</summary>
    /// <param name="graph">The operation graph.</param>
    /// <param name="pack">Where its tensors lie.</param>
    /// <param name="workspaceBytes">What the engine uses besides.</param>
    /// <param name="place">Names memory, by address and bytes.</param>
    public static string Describe(
        RecordedDescriptor graph, RecordedDescriptor pack, long workspaceBytes, Func<DeviceAddress, long, string> place)
    {
        var operations = graph[CudnnAttribute.OperationGraphOperations];
        var tensors = operations.SelectMany(TensorsOf).Where(t => !IsVirtual(t)).DistinctBy(IdOf).ToDictionary(IdOf);
        var ids = pack.Numbers(CudnnAttribute.VariantPackUniqueIds);
        var addresses = pack.Numbers(CudnnAttribute.VariantPackDataPointers);
        if (!ids.Order().SequenceEqual(tensors.Keys.Order()))
        {
            throw new InvalidOperationException(
                $"cudnnBackendExecute: the variant pack names tensors {Listed(ids)}, the graph has {Listed(tensors.Keys)}.");
        }

        var operands = ids.Zip(addresses, (id, address) => Operand(tensors[id], address, place));
        var workspace = place(Address(pack.Numbers(CudnnAttribute.VariantPackWorkspace)[0]), workspaceBytes);
        return $"cudnn {string.Join(" + ", operations.Select(Name))}({string.Join(", ", operands)}, workspace: {workspace})";
    }

    private static string Operand(RecordedDescriptor tensor, long address, Func<DeviceAddress, long, string> place)
    {
        var type = (CudnnDataType)tensor.Numbers(CudnnAttribute.TensorDataType)[0];
        var sizes = tensor.Numbers(CudnnAttribute.TensorDimensions);
        var bytes = sizes.Aggregate(type == CudnnDataType.Float ? 4L : 2, (product, size) => product * size);
        return $"{(ConvolutionOperand)IdOf(tensor)}: {place(Address(address), bytes)} {type}[{string.Join(',', sizes)}]";
    }

    private static string Name(RecordedDescriptor operation) => operation.Type switch
    {
        CudnnDescriptorType.OperationConvolutionForward => Convolution(
            "Forward", operation, CudnnAttribute.ConvolutionForwardDescriptor, CudnnAttribute.ConvolutionForwardBeta),
        CudnnDescriptorType.OperationConvolutionBackwardData => Convolution(
            "BackwardData", operation, CudnnAttribute.ConvolutionBackwardDataDescriptor, CudnnAttribute.ConvolutionBackwardDataBeta),
        CudnnDescriptorType.OperationConvolutionBackwardFilter => Convolution(
            "BackwardFilter", operation, CudnnAttribute.ConvolutionBackwardFilterDescriptor, CudnnAttribute.ConvolutionBackwardFilterBeta),
        _ => Pointwise(operation),
    };

    /// <summary>The mode, with the operand that is no result of another operation: Add Bias, ReluBackward Mask.</summary>
    private static string Pointwise(RecordedDescriptor operation)
    {
        var mode = (CudnnPointwiseMode)operation[CudnnAttribute.OperationPointwiseDescriptor][0].Numbers(CudnnAttribute.PointwiseMode)[0];
        var (name, has) = mode switch
        {
            CudnnPointwiseMode.Add => (CudnnAttribute.OperationPointwiseB, true),
            CudnnPointwiseMode.ReluBackward => (CudnnAttribute.OperationPointwiseX, true),
            _ => (default, false),
        };
        return has ? $"{mode} {(ConvolutionOperand)IdOf(operation[name][0])}" : mode.ToString();
    }

    /// <summary>β = 1 adds to what is there.</summary>
    private static string Convolution(string direction, RecordedDescriptor operation, CudnnAttribute descriptor, CudnnAttribute beta)
    {
        var convolution = operation[descriptor][0];
        var stride = convolution.Numbers(CudnnAttribute.ConvolutionFilterStrides)[0];
        var padding = convolution.Numbers(CudnnAttribute.ConvolutionPrePaddings)[0];
        var adds = operation.Numbers(beta)[0] == 0 ? "" : ", adding";
        return string.Create(CultureInfo.InvariantCulture, $"{direction} stride {stride} padding {padding}{adds}");
    }

    private static IEnumerable<RecordedDescriptor> TensorsOf(RecordedDescriptor operation) =>
        operation.Parts.Where(part => part.Type == CudnnDescriptorType.Tensor);

    private static long IdOf(RecordedDescriptor tensor) => tensor.Numbers(CudnnAttribute.TensorUniqueId)[0];

    private static bool IsVirtual(RecordedDescriptor tensor) => tensor.Numbers(CudnnAttribute.TensorIsVirtual) is [not 0, ..];

    private static string Listed(IEnumerable<long> ids) => string.Join(' ', ids);

    private static DeviceAddress Address(long value) => new((ulong)value);
}
