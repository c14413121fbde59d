using Fovea.Cuda.Checks;
using Fovea.Cuda.Checks.Operators;

namespace Fovea.Cuda.Tests.Operators;

/// <summary>Every operator of the CUDA backend against its scalar reference, its kernels run on the host, threads in both orders.</summary>
[Collection(Support.Simulated.Name)]
public class OperatorTests
{
    public static IEnumerable<object[]> Cases =>
        from check in OperatorChecks.All
        from precision in Enum.GetValues<Precision>()
        select new object[] { check.Name, precision };

    [SkippableTheory, MemberData(nameof(Cases))]
    public void Agrees_with_the_reference(string name, Precision precision)
    {
        Skip.If(NativeBuild.Obstacle is not null, NativeBuild.Obstacle);
        Skip.IfNot(OperatingSystem.IsLinux(), "The simulated GPU is a Linux library.");
        var check = OperatorChecks.All.First(c => c.Name == name);
        foreach (var reverse in (bool[])[false, true])
        {
            using var driver = SimulatedGpu.Open(KernelLibraries.Folder, reverseThreads: reverse);
            driver.OpenContext(0);
            using var rig = new CudaRig(driver, driver.GetDevice(0), precision);
            check.Run(rig);
        }
    }
}
