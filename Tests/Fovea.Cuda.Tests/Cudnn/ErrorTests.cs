using System.Runtime.InteropServices;
using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Tests.Cudnn;

[Collection(SerialSimulator.Name)]
public sealed class ErrorTests : SimulatorTest
{
    private static ConvolutionShape Shape { get; } = ConvolutionCase.All[2].With(ConvolutionDirection.Forward, Precision.BFloat16);

    [SkippableTheory]
    [InlineData("8905", "8.9.5")]
    [InlineData("101500", "10.15.0")]
    public void Another_major_version_is_refused_with_what_to_install(string number, string version)
    {
        using var other = Simulator.Provoke("SIMULATOR_VERSION", number);
        Fails(() => Open(), $"cuDNN (simulated) is version {version}, but Fovea needs 9: install cuDNN 9");
    }

    [SkippableFact]
    public void Parts_of_two_libraries_are_named_as_such()
    {
        using var mixed = Simulator.Provoke("SIMULATOR_MISMATCH");
        Fails(
            () => Open(), "found parts of another cuDNN", "CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH (1002)",
            "libcudnn_graph.so.9 is of version 9.8.0", "remove one");
    }

    [SkippableFact]
    public void A_failed_run_names_call_shape_and_engine()
    {
        using var convolutions = Open();
        using var broken = Simulator.Provoke("SIMULATOR_EXECUTION_FAILS");
        Fails(
            () => Run(convolutions, Shape),
            $"cudnnBackendExecute of {Shape} with engine 12 knobs 6=0 failed: " +
            "CUDNN_STATUS_EXECUTION_FAILED (5000): the kernel did not start.");
    }

    [SkippableFact]
    public void A_failed_legacy_run_names_call_and_shape()
    {
        using var none = Simulator.Provoke("SIMULATOR_NO_ENGINE");
        using var convolutions = Open(legacy: true);
        using var broken = Simulator.Provoke("SIMULATOR_EXECUTION_FAILS");
        Fails(() => Run(convolutions, Shape), $"cudnnConvolutionForward of {Shape} with legacy algorithm 0 failed");
    }

    [SkippableFact]
    public void A_library_without_the_functions_is_refused() =>
        Fails(
            () => _ = new CudnnLibrary(NativeLibrary.GetMainProgramHandle(), "/usr/lib/libcudnn.so.9"),
            "cuDNN (/usr/lib/libcudnn.so.9) has no function cudnnGetVersion: install cuDNN 9");

    [SkippableTheory]
    [InlineData(0, "W of ", "no memory")]
    [InlineData(0x1008, "W of ", "lies at 0x1008, which is no multiple of 16")]
    public void A_misplaced_operand_is_named(ulong weights, string operand, string reason)
    {
        using var convolutions = Open();
        Assert.True(convolutions.TryPrepare(Shape, out var plan));
        var at = new DeviceAddress(0x1000);
        Fails(() => convolutions.Execute(plan, Stream, new ConvolutionOperands(at, new DeviceAddress(weights), at), at), operand, reason);
    }

    [SkippableFact]
    public void Missing_workspace_is_named()
    {
        using var convolutions = Open();
        Assert.True(convolutions.TryPrepare(Shape, out var plan));
        var at = new DeviceAddress(0x1000);
        Fails(() => convolutions.Execute(plan, Stream, new ConvolutionOperands(at, at, at), default), "workspace of ", "no memory");
    }

    private static void Fails(Action act, params string[] parts)
    {
        var error = Assert.Throws<CudaException>(act);
        Assert.Equal(CudaFailure.Cudnn, error.Failure);
        Assert.DoesNotContain('\n', error.Message);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}
