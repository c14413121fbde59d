using Fovea.Cpu;

namespace Fovea.Tests.Ops;

/// <summary>The same bits at any number of workers, and nothing allocated once the workspaces are there.</summary>
public sealed class ConvDeterminismTests
{
    public static TheoryData<ConvCase> Cases => [.. ConvCase.All];

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Worker_counts_do_not_change_a_bit(ConvCase c)
    {
        float[]? arena = null;
        float[]? gradients = null;
        foreach (var workers in new[] { 1, 2, 3, 5 })
        {
            using var f = new ConvFixture(c, CpuKernelTable.Best, workers);
            f.Backend.ConvBackward(f.X, f.W, f.Y, f.D, f.Dx, f.X, f.AddX);
            f.Backend.ConvBackwardWeights(f.X, f.W, f.Y, f.D.Accumulating);
            f.Backend.ConvAddRelu(f.X, f.W, f.AddY, f.Y);
            arena ??= f.Arena.ToArray();
            gradients ??= f.Gradients.ToArray();
            Numbers.SameBits($"{c.Name}, {workers} workers, arena", arena, f.Arena);
            Numbers.SameBits($"{c.Name}, {workers} workers, gradients", gradients, f.Gradients);
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Warm_calls_allocate_nothing(ConvCase c)
    {
        using var f = new ConvFixture(c, CpuKernelTable.Best);
        Allocations.AssertNone(c.Name, () => Step(f));
    }

    private static void Step(ConvFixture f)
    {
        f.Backend.ConvRelu(f.X, f.W, f.Y);
        f.Backend.ConvAdd(f.X, f.W, f.AddY, f.Y);
        f.Backend.ConvBackward(f.X, f.W, f.Y, f.D, f.Dx, f.X, f.AddX);
        f.Model.ParametersChanged();
    }
}
