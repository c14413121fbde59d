using Fovea.Cuda.Checks.Operators;

namespace Fovea.Cuda.Tests.Operators;

/// <summary>Every operator of the CUDA backend against its scalar reference, its kernels run on the host, threads in both orders.</summary>
[Collection(Support.Simulated.Name)]
public class OperatorTests
{
    public static IEnumerable<object[]> Cases => OperatorRuns.All.Select(r => new object[] { r.Check.Name, r.Precision });

    [SkippableTheory, MemberData(nameof(Cases))]
    public void Agrees_with_the_reference(string name, Precision precision)
    {
        Skip.If(OperatorRuns.Obstacle is not null, OperatorRuns.Obstacle);
        OperatorRuns.Run(OperatorChecks.All.First(c => c.Name == name), precision)?.Throw();
    }
}
