using Fovea.Cpu;
using Fovea.Ops.Optimizer;
using Fovea.CompilerServices;
using Fovea.Tests.Support;

namespace Fovea.Tests.Ops;

/// <summary>GradientNorm, ScaleGradients, SgdStep, AdamStep, over a run in the middle of the buffers.</summary>
public class OptimizerTests : OpCaseTests<OptimizerTests>, IOpCases
{
    private const int Before = 3;

    [Fact]
    public void A_step_moves_its_run_and_nothing_beside_it()
    {
        using var rig = new CpuRig(trainable: 8);
        rig.Model.Parameters.Span.Fill(1);
        rig.Model.Gradients.Span.Fill(1);
        var version = rig.Model.ParametersVersion;

        rig.Backend.SgdStep(new ParameterRange(2, 3), new SgdRule(0.5f, 0.9f, 0, false, true));

        Assert.Equal([1, 1, 0.5f, 0.5f, 0.5f, 1, 1, 1], rig.Model.Parameters.Span.ToArray());
        Assert.True(rig.Model.ParametersVersion > version, "The parameters changed, but their version did not.");
    }

    [Fact]
    public void The_gradient_norm_survives_squares_beyond_a_float()
    {
        using var rig = new CpuRig(trainable: 2);
        rig.Model.Gradients.Span[0] = 3e30f;
        rig.Model.Gradients.Span[1] = 4e30f;

        Assert.Equal(5e30, rig.Backend.GradientNorm(new ParameterRange(0, 2)), 5e30 * 1e-7);
    }

    public static IEnumerable<OpCase> All() => Small().Select(c => c with { Parameters = 1 << 17 });

    private static IEnumerable<OpCase> Small()
    {
        // One element, a tail, several tasks, none.
        foreach (var length in new[] { 0, 1, 29, 70001 })
        {
            yield return new OpCase($"norm [{length}]", rig => Norm(rig, length));
            yield return new OpCase($"scale [{length}]", rig => Scale(rig, length));
            foreach (var rule in new[]
            {
                new SgdRule(0.1f, 0, 0, false, true), new SgdRule(0.1f, 0.9f, 0.01f, false, true),
                new SgdRule(0.1f, 0.9f, 0.01f, false, false), new SgdRule(0.1f, 0.9f, 0.01f, true, false),
            })
            {
                yield return new OpCase($"sgd [{length}] {rule}", rig => Sgd(rig, length, rule));
            }

            foreach (var rule in new[]
            {
                new AdamRule(0.01f, 0.9f, 0.999f, 1e-8f, 0, false, false, 1),
                new AdamRule(0.01f, 0.9f, 0.999f, 1e-8f, 0.1f, false, false, 7),
                new AdamRule(0.01f, 0.8f, 0.95f, 1e-6f, 0.1f, true, false, 3), new AdamRule(0.01f, 0.8f, 0.95f, 1e-6f, 0.1f, true, true, 3),
            })
            {
                yield return new OpCase($"adam [{length}] {rule}", rig => Adam(rig, length, rule));
            }
        }
    }

    private static PreparedOp Norm(CpuRig rig, int length)
    {
        var state = new State(rig, length);
        var b = rig.Backend;
        double norm = 0;
        return new PreparedOp(
            state.Reset,
            () => norm = b.GradientNorm(state.Range),
            new OpOutput("norm", () => [OptimizerReference.GradientNorm(state.G)], () => [(float)norm], 1e-7));
    }

    private static PreparedOp Scale(CpuRig rig, int length)
    {
        var state = new State(rig, length);
        var b = rig.Backend;
        return new PreparedOp(
            state.Reset,
            () => b.ScaleGradients(state.Range, 0.3f),
            new OpOutput("g", () => [.. state.G.Select(g => g * 0.3f)], () => state.Gradients, 1e-7));
    }

    private static PreparedOp Sgd(CpuRig rig, int length, SgdRule rule)
    {
        var state = new State(rig, length);
        var b = rig.Backend;
        var expected = new Lazy<(double[] P, double[] Buffer)>(() =>
        {
            var (p, buffer) = ((double[])state.P.Clone(), (double[])state.First.Clone());
            var g = state.G;
            for (var i = 0; i < length; i++)
            {
                OptimizerReference.SgdStep(rule, g[i], ref p[i], ref buffer[i]);
            }

            return (p, buffer);
        });
        return new PreparedOp(
            state.Reset,
            () => b.SgdStep(state.Range, rule),
            new OpOutput("p", () => expected.Value.P, () => state.Parameters, 1e-6),
            new OpOutput("buffer", () => expected.Value.Buffer, () => state.FirstMoments, 1e-6));
    }

    private static PreparedOp Adam(CpuRig rig, int length, AdamRule rule)
    {
        var state = new State(rig, length);
        var b = rig.Backend;
        var expected = new Lazy<(double[] P, double[] First, double[] Second)>(() =>
        {
            var (p, first) = ((double[])state.P.Clone(), (double[])state.First.Clone());
            var (second, greatest) = ((double[])state.Second.Clone(), (double[])state.Greatest.Clone());
            var g = state.G;
            for (var i = 0; i < length; i++)
            {
                OptimizerReference.AdamStep(rule, g[i], ref p[i], ref first[i], ref second[i], ref greatest[i]);
            }

            return (p, first, second);
        });

        // β in the reference is the float's value: 1 − 0.999f differs from 0.001 by 1.3e-5 of itself. The goldens check the exact decimals.
        return new PreparedOp(
            state.Reset,
            () => b.AdamStep(state.Range, rule),
            new OpOutput("p", () => expected.Value.P, () => state.Parameters, 1e-6),
            new OpOutput("first", () => expected.Value.First, () => state.FirstMoments, 1e-6),
            new OpOutput("second", () => expected.Value.Second, () => state.SecondMoments, 2e-5));
    }

    /// <summary>A run of the buffers, and what it holds before the step.</summary>
    private sealed class State(CpuRig rig, int length)
    {
        private readonly float[][] values =
        [
            Numbers.Random(1, length), Numbers.Random(2, length), Numbers.Random(3, length),
            Numbers.Random(4, length, 0.1, 1), Numbers.Random(5, length, 0.1, 1),
        ];

        public ParameterRange Range { get; } = new(Before, length);

        public double[] P => Numbers.Doubles(values[0]);

        public double[] G => Numbers.Doubles(values[1]);

        public double[] First => Numbers.Doubles(values[2]);

        public double[] Second => Numbers.Doubles(values[3]);

        public double[] Greatest => Numbers.Doubles(values[4]);

        public float[] Parameters => Run(rig.Model.Parameters).ToArray();

        public float[] Gradients => Run(rig.Model.Gradients).ToArray();

        public float[] FirstMoments => Run(rig.Model.FirstMoment!).ToArray();

        public float[] SecondMoments => Run(rig.Model.SecondMoment!).ToArray();

        public void Reset()
        {
            rig.Model.EnsureMoments(3);
            values[0].CopyTo(Run(rig.Model.Parameters));
            values[1].CopyTo(Run(rig.Model.Gradients));
            values[2].CopyTo(Run(rig.Model.FirstMoment!));
            values[3].CopyTo(Run(rig.Model.SecondMoment!));
            values[4].CopyTo(Run(rig.Model.GreatestSecondMoment!));
        }

        private Span<float> Run(NativeBuffer buffer) => buffer.Span.Slice(Before, length);
    }
}
