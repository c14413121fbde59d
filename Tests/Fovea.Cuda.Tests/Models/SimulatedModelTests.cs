using Fovea.Cuda.Checks;
using Fovea.Cuda.Tests.Support;
using static Fovea.Cuda.Tests.Models.SimulatedModels;

namespace Fovea.Cuda.Tests.Models;

/// <summary>
/// Whole generated models over the simulated GPU against the CPU backend: the same declared network, weights, pictures and boxes.
/// The first step is issued call by call, the second is captured, the third replayed.
/// </summary>
[Collection(Simulated.Name)]
public class SimulatedModelTests
{
    public static TheoryData<string, string, Precision> Steps => new()
    {
        { "toy", "sgd", Precision.Float32 },
        { "toy", "adam", Precision.Float32 },
        { "toy", "sgd", Precision.TensorFloat32 },
        { "toy", "sgd", Precision.BFloat16 },
        { "toy", "sgd", Precision.Float16 },
        { "grouped", "sgd", Precision.Float32 },
        { "grouped", "adam", Precision.BFloat16 },
    };

    [SkippableTheory, MemberData(nameof(Steps))]
    public void Training_steps_agree_with_the_CPU(string name, string rule, Precision precision)
    {
        using var driver = Open();
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = precision });
        AssertStepsAgree(cpu, cuda, rule, precision);
    }

    [SkippableTheory]
    [InlineData("toy", Precision.Float32)]
    [InlineData("grouped", Precision.Float32)]
    [InlineData("toy", Precision.BFloat16)]
    [InlineData("toy", Precision.Float16)]
    public void Steps_of_several_batches_and_their_averages_agree_with_the_CPU(string name, Precision precision)
    {
        using var driver = Open();
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = precision });
        AssertAveragesAgree(cpu, cuda, precision);
    }

    [SkippableFact]
    public void A_forward_pass_agrees_with_the_CPU_and_moves_nothing()
    {
        using var driver = Open();
        using var cpu = Create("toy", new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create("toy", new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = Precision.Float32 });
        AssertForwardAgrees(cpu, cuda);
    }

    /// <summary>
    /// The operations of several streams, each as late as its events allow: one that does not wait for enough reads nothing good.
    /// </summary>
    [SkippableTheory]
    [InlineData("toy", Precision.Float32)]
    [InlineData("grouped", Precision.Float32)]
    [InlineData("grouped", Precision.BFloat16)]
    public void Training_steps_agree_whatever_the_order_of_streams(string name, Precision precision)
    {
        using var driver = Open(reverse: true);
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = precision });
        AssertStepsAgree(cpu, cuda, "sgd", precision);
    }

    [SkippableTheory, InlineData("toy"), InlineData("grouped")]
    public void Detections_agree_whatever_the_order_of_streams(string name)
    {
        using var driver = Open(reverse: true);
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = Precision.Float32 });
        AssertDetectionsAgree(cpu, cuda, Precision.Float32);
    }

    [SkippableTheory, InlineData("toy"), InlineData("grouped")]
    public void Gradients_agree_with_the_CPU(string name)
    {
        using var driver = Open();
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = Precision.Float32 });
        AssertGradientsAgree(cpu, cuda);
    }

    [SkippableTheory, InlineData("toy", Precision.Float32), InlineData("grouped", Precision.Float32), InlineData("toy", Precision.BFloat16)]
    public void Detections_agree_with_the_CPU(string name, Precision precision)
    {
        using var driver = Open();
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = precision });
        AssertDetectionsAgree(cpu, cuda, precision);
    }

    [SkippableFact]
    public void A_tap_that_is_added_later_sees_the_steps_and_changes_none()
    {
        using var driver = Open();
        using var cpu = Create("toy", new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create("toy", new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = Precision.Float32 });
        using var expected = new Trained(cpu, "sgd");
        using var actual = new Trained(cuda, "sgd");
        var seen = 0;
        for (var step = 0; step < 4; step++)
        {
            if (step == 3)
            {
                actual.Session.Tap("P3", (_, _, _) => seen++);
            }

            expected.Step();
            actual.Step();
        }

        Assert.Equal((1, 4), (seen, actual.Steps));
        foreach (var tensor in cpu.Description.Tensors)
        {
            Check.Close(tensor.Key, cpu.ReadTensor(tensor.Key), cuda.ReadTensor(tensor.Key), 2e-3);
        }
    }
}
