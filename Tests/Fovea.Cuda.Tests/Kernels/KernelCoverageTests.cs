using System.Globalization;
using Fovea.Cuda.Checks.Operators;
using Fovea.Cuda.Tests.Operators;
using Xunit.Abstractions;

namespace Fovea.Cuda.Tests.Kernels;

/// <summary>
/// That the checks of operators reach every kernel in every variant. A kernel that none launches was never compared with anything.
/// </summary>
[Collection(Support.Simulated.Name)]
public class KernelCoverageTests(ITestOutputHelper output)
{
    /// <summary>Names the file that gets the figures as one line.</summary>
    private const string FiguresVariable = "FOVEA_KERNEL_FIGURES";

    [SkippableFact]
    public void Every_kernel_of_every_variant_is_launched_by_a_check()
    {
        Skip.If(OperatorRuns.Obstacle is not null, OperatorRuns.Obstacle);
        foreach (var (check, precision) in OperatorRuns.All)
        {
            // Whether it agrees is its own test's matter.
            OperatorRuns.Run(check, precision);
        }

        var tally = OperatorRuns.Tally;
        var all = KernelCatalog.All.SelectMany(s => VariantsOf(s.Source).Select(v => $"{s.Source}.{v}.{s.Name}")).ToList();
        var launched = tally.Kernels;
        var figures = string.Create(
            CultureInfo.InvariantCulture,
            $"kernels checked {KernelCatalog.All.Count(s => VariantsOf(s.Source).All(v => launched.Contains($"{s.Source}.{v}.{s.Name}")))} "
            + $"of {KernelCatalog.All.Count} in {all.Count} variants, launches {tally.Launches}, "
            + $"shapes tried {tally.Shapes} (kernel, grid, block, numbers)");
        output.WriteLine(figures);
        if (Environment.GetEnvironmentVariable(FiguresVariable) is { Length: > 0 } path)
        {
            File.WriteAllText(path, figures + "\n");
        }

        KernelTree.None(all.Except(launched).Select(k => $"{k}: no check launches it; add one to Tests/Fovea.Cuda.Checks/Operators"));
    }

    [Fact]
    public void Names_of_checks_are_distinct() =>
        Assert.Empty(OperatorChecks.All.GroupBy(c => c.Name).Where(g => g.Count() > 1).Select(g => g.Key));

    private static IEnumerable<string> VariantsOf(string source) =>
        PtxLibrary.Names.Where(n => n.StartsWith(source + ".", StringComparison.Ordinal)).Select(n => n.Split('.')[1]).Distinct();
}
