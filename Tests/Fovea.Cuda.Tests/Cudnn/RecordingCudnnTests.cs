using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Tests.Cudnn;

/// <summary>The recording cuDNN: executions as lines among the driver's calls, and what it refuses.</summary>
public sealed unsafe class RecordingCudnnTests : IDisposable
{
    private static readonly ConvolutionShape Shape = new(
        ConvolutionDirection.Forward, 1, 8, 8, 16, 32, 3, 3, 2, 1, 1, Precision.BFloat16,
        ConvolutionEpilogue.Bias | ConvolutionEpilogue.Relu);

    private readonly RecordingCudaDriver driver = new();
    private readonly RecordingCudnn cudnn;

    public RecordingCudnnTests()
    {
        driver.OpenContext(0);
        cudnn = new RecordingCudnn(driver);
    }

    public void Dispose() => driver.Dispose();

    [Fact]
    public void An_execution_is_a_line_with_operations_operands_and_workspace_and_a_node_of_a_capture()
    {
        var stream = driver.CreateStream();
        using (var convolutions = Open())
        {
            Assert.True(convolutions.TryPrepare(Shape, out var plan), convolutions.Refusal);
            var (operands, workspace) = (Operands(Shape.BytesOf(ConvolutionOperand.Y)), driver.Allocate(plan.WorkspaceBytes, "workspace"));
            driver.ClearCalls();
            driver.BeginCapture(stream);
            convolutions.Execute(plan, stream, operands, workspace);
            driver.EndCapture(stream);
        }

        Assert.Equal(
            [
                "begin capture, stream0",
                "cudnn Forward stride 2 padding 1 + Add Bias + ReluForward(X: x+0 BFloat16[1,16,8,8], W: w+0 BFloat16[32,16,3,3], "
                    + "Y: y+0 BFloat16[1,32,4,4], Bias: bias+0 Float[1,32,1,1], workspace: workspace+0), stream0",
                "end capture of graph0, 1 nodes, stream0",
            ],
            driver.Calls);
        Assert.Equal(0, cudnn.Leaks);
    }

    [Fact]
    public void Memory_that_ends_too_early_is_refused()
    {
        using var convolutions = Open();
        Assert.True(convolutions.TryPrepare(Shape, out var plan), convolutions.Refusal);
        var operands = Operands(Shape.BytesOf(ConvolutionOperand.Y) - 2);
        var workspace = driver.Allocate(plan.WorkspaceBytes, "workspace");

        var failure = Assert.Throws<CudaException>(() => convolutions.Execute(plan, driver.CreateStream(), operands, workspace));

        Assert.StartsWith("cudnnBackendExecute: expected 1024 bytes at y+0, found 1022", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptors_are_set_before_they_are_complete_used_after_and_destroyed_once()
    {
        var value = 1L;
        cudnn.CreateDescriptor(CudnnDescriptorType.Tensor, out var tensor);
        cudnn.CreateDescriptor(CudnnDescriptorType.OperationConvolutionForward, out var operation);

        Assert.NotEqual(0, SetX());
        Assert.Equal(0, cudnn.SetAttribute(tensor, CudnnAttribute.TensorUniqueId, CudnnAttributeType.Int64, 1, &value));
        Assert.Equal(0, cudnn.FinalizeDescriptor(tensor));
        Assert.NotEqual(0, cudnn.FinalizeDescriptor(tensor));
        Assert.NotEqual(0, cudnn.SetAttribute(tensor, CudnnAttribute.TensorUniqueId, CudnnAttributeType.Int64, 1, &value));
        Assert.Equal(0, SetX());
        Assert.Equal(0, cudnn.DestroyDescriptor(tensor));
        Assert.NotEqual(0, cudnn.DestroyDescriptor(tensor));
        Assert.Equal(1, cudnn.Leaks);

        int SetX()
        {
            var part = tensor;
            return cudnn.SetAttribute(operation, CudnnAttribute.ConvolutionForwardX, CudnnAttributeType.BackendDescriptor, 1, &part);
        }
    }

    private CudnnConvolutions Open() => new(
        driver, cudnn, Precision.BFloat16, driver.GetDevice(0), new CudnnOptions { Autotune = false, CacheFolder = "" });

    private ConvolutionOperands Operands(long outputBytes) => new(
        driver.Allocate(Shape.BytesOf(ConvolutionOperand.X), "x"), driver.Allocate(Shape.BytesOf(ConvolutionOperand.W), "w"),
        driver.Allocate(outputBytes, "y"), driver.Allocate(Shape.BytesOf(ConvolutionOperand.Bias), "bias"));
}
