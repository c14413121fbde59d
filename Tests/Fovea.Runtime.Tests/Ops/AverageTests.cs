using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Ops.Optimizer;
using Fovea.Tests.Support;

namespace Fovea.Tests.Ops;

/// <summary>AccumulateGradients, MeanGradients, AverageParameters, AverageStatistics, over a run in the middle of the buffers.</summary>
public class AverageTests : OpCaseTests<AverageTests>, IOpCases
{
    private const int Before = 3;

    [Fact]
    public void An_average_of_what_does_not_move_keeps_its_bits()
    {
        using var rig = new CpuRig(trainable: 64);
        Numbers.Random(1, 64).CopyTo(rig.Model.Parameters.Span);
        Numbers.Random(1, 64).CopyTo(rig.Model.AveragedParameters.Span);
        for (var step = 1; step <= 1000; step++)
        {
            rig.Backend.AverageParameters(new ParameterRange(0, 64), (float)new WeightAveraging().RateAt(step));
        }

        Assert.Equal(rig.Model.Parameters.Span.ToArray(), rig.Model.AveragedParameters.Span.ToArray());
    }

    [Fact]
    public void A_decay_rises_from_nearly_none_to_what_is_declared()
    {
        var averaging = new WeightAveraging { Decay = 0.999, Share = 0.1 };
        Assert.Equal(1 / 1.1, averaging.RateAt(1), 1e-12);
        Assert.Equal(1 / 11.0, averaging.RateAt(100), 1e-12);
        Assert.Equal(0.001, averaging.RateAt(9990), 1e-12);
        Assert.Equal(0.001, averaging.RateAt(100_000), 1e-12);
    }

    [Fact]
    public void With_the_whole_share_it_is_the_plain_mean_of_the_first_weights_and_all_after_them()
    {
        var (averaging, mean) = (new WeightAveraging { Share = 1 }, 5.0);
        for (var step = 1; step <= 9; step++)
        {
            mean += averaging.RateAt(step) * (5 + step - mean);
        }

        Assert.Equal(9.5, mean, 1e-12);
    }

    public static IEnumerable<OpCase> All() => Small().Select(c => c with { Parameters = 1 << 17 });

    private static IEnumerable<OpCase> Small()
    {
        // One element, a tail, several tasks, none.
        foreach (var length in new[] { 0, 1, 29, 70001 })
        {
            var range = new ParameterRange(Before, length);
            yield return Case($"first sum [{length}]", length, m => m.GradientSums, m => m.Gradients, b => b.AccumulateGradients(range, true),
                (sum, g) => OptimizerReference.Accumulate(sum, g, first: true));
            yield return Case($"sum [{length}]", length, m => m.GradientSums, m => m.Gradients, b => b.AccumulateGradients(range, false),
                (sum, g) => OptimizerReference.Accumulate(sum, g, first: false));
            yield return Case($"mean of 3 [{length}]", length, m => m.Gradients, m => m.GradientSums, b => b.MeanGradients(range, 3),
                (g, sum) => OptimizerReference.Mean(sum, g, 3));
            yield return Case($"parameters [{length}]", length, m => m.AveragedParameters, m => m.Parameters,
                b => b.AverageParameters(range, 0.01f), (a, w) => OptimizerReference.Average(a, w, 0.01f));
            yield return Case($"statistics [{length}]", length, m => m.AveragedStatistics, m => m.Statistics,
                b => b.AverageStatistics(range, 0.3f), (a, s) => OptimizerReference.Average(a, s, 0.3f));
        }
    }

    /// <param name="name">Of the case.</param>
    /// <param name="length">Of the run.</param>
    /// <param name="target">Read and overwritten.</param>
    /// <param name="source">Read.</param>
    /// <param name="run">The operator.</param>
    /// <param name="expected">Of the two, in this order.</param>
    private static OpCase Case(
        string name, int length, Func<ModelMemory, NativeBuffer> target, Func<ModelMemory, NativeBuffer> source,
        Action<Fovea.Ops.CpuBackend> run, Func<double, double, double> expected) => new(name, rig =>
        {
            var (a, b) = (Numbers.Random(1, length), Numbers.Random(2, length));
            var (to, from, backend) = (target(rig.Model), source(rig.Model), rig.Backend);
            return new PreparedOp(
                () =>
                {
                    a.CopyTo(to.Span[Before..]);
                    b.CopyTo(from.Span[Before..]);
                },
                () => run(backend),
                new OpOutput(
                    "target", () => [.. a.Zip(b, (x, y) => expected(x, y))], () => to.Span.Slice(Before, length).ToArray(), 1e-6));
        });
}
