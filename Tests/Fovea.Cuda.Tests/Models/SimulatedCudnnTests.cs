using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;
using Fovea.Cuda.Tests.Support;
using static Fovea.Cuda.Tests.Models.SimulatedModels;

namespace Fovea.Cuda.Tests.Models;

/// <summary>
/// Whole generated models over the simulated GPU and the simulated cuDNN against the CPU backend: cuDNN convolves what fills its vectors,
/// our own kernels the rest, in steps that are issued, captured and replayed, also with the work of several streams in another order.
/// </summary>
[Collection(Simulated.Name)]
public class SimulatedCudnnTests
{
    private static CudnnSimulator Simulator => CudnnSimulator.Shared;

    [SkippableTheory]
    [InlineData("toy", Precision.Float32, false)]
    [InlineData("toy", Precision.BFloat16, true)]
    [InlineData("grouped", Precision.Float32, true)]
    public void Training_steps_agree_with_the_CPU(string name, Precision precision, bool reverse)
    {
        using var driver = Open(reverse);
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, Over(driver, precision));
        Assert.Contains("cuDNN 9.10.2", cuda.DeviceDescription, StringComparison.Ordinal);
        var executions = new List<int> { Simulator.Executions };

        AssertStepsAgree(cpu, cuda, "sgd", precision, () => executions.Add(Simulator.Executions));

        // Issued, captured or replayed: each step runs the same convolutions.
        var inSteps = executions.Zip(executions.Skip(1), (before, after) => after - before).ToList();
        Assert.True(inSteps[0] > 20, $"{inSteps[0]} convolutions by cuDNN");
        Assert.All(inSteps, count => Assert.Equal(inSteps[0], count));
    }

    [SkippableTheory, InlineData("toy"), InlineData("grouped")]
    public void Gradients_agree_with_the_CPU(string name)
    {
        using var driver = Open();
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, Over(driver, Precision.Float32));
        AssertGradientsAgree(cpu, cuda);
    }

    [SkippableTheory, InlineData("toy", Precision.Float32), InlineData("toy", Precision.BFloat16)]
    public void Detections_agree_with_the_CPU(string name, Precision precision)
    {
        using var driver = Open();
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, Over(driver, precision));
        AssertDetectionsAgree(cpu, cuda, precision);
    }

    /// <summary>The first engine that serves, without timing: the simulation's times tell nothing.</summary>
    private static DetectorOptions Over(CudaDriver driver, Precision precision)
    {
        Skip.IfNot(Simulator.Unavailable.Length == 0, Simulator.Unavailable);
        return new DetectorOptions
        {
            Device = Device.Cuda,
            CudaDriver = driver,
            Precision = precision,
            Cudnn = new CudnnBinding(Simulator.Library!, new CudnnOptions { Autotune = false, CacheFolder = "" }),
        };
    }
}
