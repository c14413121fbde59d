using Fovea.Cuda.Checks;
using Fovea.Cuda.Tests.Support;

namespace Fovea.Cuda.Tests.Libraries;

/// <summary>What reports say of a machine's CUDA.</summary>
[Collection(Simulated.Name)]
public sealed class CudaSurveyTests
{
    [Fact]
    public void A_machine_without_libraries_says_what_was_looked_for()
    {
        using var machine = new DummyMachine();
        var survey = CudaSurvey.Of(machine.Libraries);
        Assert.Null(survey.Driver);
        Assert.Empty(survey.Devices);
        Assert.Equal(CudaFailure.NoDriver, survey.DriverProblem!.Failure);
        Assert.Contains("libcuda.so.1", survey.DriverProblem.Message, StringComparison.Ordinal);
        Assert.Contains("libcudnn.so.9", survey.CudnnProblem!.Message, StringComparison.Ordinal);
        Assert.Contains("conv.bf16.sm_80.ptx", survey.Kernels);
    }

    [Fact]
    public void A_cuDNN_that_is_not_wanted_is_neither_found_nor_missed()
    {
        using var machine = new DummyMachine();
        machine.Set(CudaLibrary.Cudnn.Variable, CudaLibrary.None);
        var survey = CudaSurvey.Of(machine.Libraries);
        Assert.Equal((null, null), (survey.Cudnn, survey.CudnnProblem));
    }

    [SkippableFact]
    public void The_simulated_GPU_is_found_with_its_device_and_given_back()
    {
        using (SimulatedKernels.Open())
        {
        }

        var survey = CudaSurvey.Of(SimulatedGpu.Libraries);
        Assert.Null(survey.DriverProblem);
        Assert.Contains("CUDA ", survey.Driver, StringComparison.Ordinal);
        Assert.Equal("Simulated GPU", Assert.Single(survey.Devices).Name);
    }

    [SkippableTheory]
    [InlineData("nodevice", nameof(CudaFailure.NoDevice))]
    [InlineData("oldversion", nameof(CudaFailure.DriverTooOld))]
    public void A_driver_that_does_not_serve_is_a_problem_and_no_exception(string fail, string expected)
    {
        Skip.If(NativeBuild.Obstacle is not null, NativeBuild.Obstacle);
        Assert.Throws<CudaException>(() => SimulatedKernels.Open(fail));
        Assert.Equal(expected, CudaSurvey.Of(SimulatedGpu.Libraries).DriverProblem!.Failure.ToString());
    }

    [SkippableFact]
    public void A_device_that_is_too_old_is_listed()
    {
        using (SimulatedKernels.Open("olddevice"))
        {
        }

        Assert.Equal(61, Assert.Single(CudaSurvey.Of(SimulatedGpu.Libraries).Devices).Capability);
    }
}
