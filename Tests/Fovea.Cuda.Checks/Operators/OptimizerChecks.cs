using Fovea.Cpu;
using Fovea.Ops.Optimizer;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>Optimiser steps: equal to the CPU's to the bit, and near the rules in double; what lies beside the range stays.</summary>
internal static class OptimizerChecks
{
    private const int Length = 340;
    private const int Steps = 3;
    private static readonly ParameterRange[] Ranges = [new(0, 340), new(5, 301), new(6, 1), new(8, 64)];
    private static readonly SgdRule PlainSgd = new(0.01f, 0, 0, false, false);
    private static readonly AdamRule PlainAdam = new(0.001f, 0.9f, 0.999f, 1e-8f, 0.01f, false, false, 0);

    public static IEnumerable<OperatorCheck> All =>
    [
        .. from rule in (SgdRule[])
           [
               PlainSgd, PlainSgd with { WeightDecay = 1e-2f }, PlainSgd with { Momentum = 0.9f, WeightDecay = 1e-4f },
               PlainSgd with { Momentum = 0.9f, WeightDecay = 1e-4f, Nesterov = true },
           ]
           from range in Ranges
           select new OperatorCheck($"SgdStep {rule} {range}", rig => Sgd(rig, range, rule)),
        .. from rule in (AdamRule[])
           [
               PlainAdam, PlainAdam with { Decoupled = true }, PlainAdam with { AmsGrad = true },
               PlainAdam with { Decoupled = true, AmsGrad = true },
           ]
           from range in Ranges
           select new OperatorCheck($"AdamStep {rule} {range}", rig => Adam(rig, range, rule)),
        .. from range in Ranges select new OperatorCheck($"GradientNorm {range}", rig => Norm(rig, range)),
        .. from range in Ranges select new OperatorCheck($"ScaleGradients {range}", rig => Scale(rig, range)),
        .. from range in Ranges select new OperatorCheck($"AccumulateGradients, MeanGradients {range}", rig => Accumulate(rig, range)),
        .. from range in Ranges select new OperatorCheck($"AverageParameters {range}", rig => Average(rig, range)),
        new("ClipGradients, loss scale", Clip),
        new("Gradients that are not finite move nothing", NotFinite),
        new("Optimizer step captured and replayed", Replay),
    ];

    private static void Sgd(CudaRig rig, ParameterRange range, SgdRule rule)
    {
        var s = new State(rig);
        for (var step = 0; step < Steps; step++)
        {
            s.NextGradients(step);
            rule = rule with { First = step == 0, LearningRate = 0.01f / (step + 1) };
            rig.Context.OptimizerRules.Begin();
            rig.Backend.SgdStep(range, rule);
            s.CpuSgd(range, rule);
            for (var i = range.Offset; i < range.Offset + range.Length; i++)
            {
                OptimizerReference.SgdStep(rule, s.Gradients[i], ref s.Exact[i], ref s.ExactFirst[i]);
            }

            s.Verify(range, 1);
        }
    }

    private static void Adam(CudaRig rig, ParameterRange range, AdamRule rule)
    {
        var s = new State(rig);
        for (var step = 1; step <= Steps; step++)
        {
            s.NextGradients(step);
            rule = rule with { Step = step, LearningRate = 0.001f / step };
            rig.Context.OptimizerRules.Begin();
            rig.Backend.AdamStep(range, rule);
            s.CpuAdam(range, rule);
            for (var i = range.Offset; i < range.Offset + range.Length; i++)
            {
                OptimizerReference.AdamStep(
                    rule, s.Gradients[i], ref s.Exact[i], ref s.ExactFirst[i], ref s.ExactSecond[i], ref s.ExactGreatest[i]);
            }

            s.Verify(range, rule.AmsGrad ? 3 : 2);
        }
    }

    private static void Norm(CudaRig rig, ParameterRange range)
    {
        var s = new State(rig);
        s.NextGradients(1);
        var expected = OptimizerReference.GradientNorm(Numbers.Doubles(s.Gradients).AsSpan(range.Offset, range.Length));
        Check.Close("norm / expected", [1], [(float)(rig.Backend.GradientNorm(range) / expected)], 1e-7);
        rig.Context.LossScale = 256;
        Check.Close("scaled norm / expected", [1], [(float)(rig.Backend.GradientNorm(range) / expected * 256)], 1e-7);
    }

    private static void Scale(CudaRig rig, ParameterRange range)
    {
        var s = new State(rig);
        s.NextGradients(1);
        rig.Backend.ScaleGradients(range, 0.37f);
        var expected = s.Gradients.Select((g, i) => i >= range.Offset && i < range.Offset + range.Length ? g * 0.37f : g).ToArray();
        Check.Same<float>("g", expected, rig.Read(rig.Model.Gradients, 0, Length));
    }

    /// <summary>The mean of three batches, each with a loss scale of its own; one between them is not finite and is repeated.</summary>
    private static void Accumulate(CudaRig rig, ParameterRange range)
    {
        var (s, sums, scales) = (new State(rig), new float[Length], (float[])[256, 4, 1024]);
        for (var batch = 0; batch < scales.Length; batch++)
        {
            s.NextGradients(batch);
            rig.Context.LossScale = scales[batch];
            rig.Write(rig.Model.Gradients, 0, Array.ConvertAll(s.Gradients, _ => float.PositiveInfinity));
            Add(batch);
            rig.Write(rig.Model.Gradients, 0, Array.ConvertAll(s.Gradients, g => g * scales[batch]));
            Add(batch);
            for (var i = range.Offset; i < range.Offset + range.Length && batch < scales.Length - 1; i++)
            {
                sums[i] = (float)OptimizerReference.Accumulate(sums[i], s.Gradients[i], first: batch == 0);
            }
        }

        Check.Same<float>("sums", sums, rig.Read(rig.Model.GradientSums, 0, Length));
        rig.Backend.MeanGradients(range, scales.Length);
        var scale = scales[^1];
        var expected = s.Gradients.Select((g, i) => range.Offset <= i && i < range.Offset + range.Length
            ? (float)((float)OptimizerReference.Accumulate(sums[i], g, first: false) * (double)scale / scales.Length)
            : g * scale).ToArray();
        Check.Same<float>("mean", expected, rig.Read(rig.Model.Gradients, 0, Length));

        void Add(int batch)
        {
            if (batch < scales.Length - 1)
            {
                rig.Backend.ClipGradients(range, 0);
                rig.Backend.AccumulateGradients(range, first: batch == 0);
            }
        }
    }

    private static void Average(CudaRig rig, ParameterRange range)
    {
        var s = new State(rig);
        rig.Statistic(Numbers.Random(4, Length));
        Verify(rig.Model.AveragedParameters, s.Parameters, rate => rig.Backend.AverageParameters(range, rate));
        Verify(rig.Model.AveragedStatistics, Numbers.Random(4, Length), rate => rig.Backend.AverageStatistics(range, rate));

        void Verify(DevicePointer<float> buffer, float[] values, Action<float> run)
        {
            var averages = Numbers.Random(3, Length);
            var exact = Numbers.Doubles(averages);
            rig.Write(buffer, 0, averages);
            foreach (var rate in (float[])[0.7f, 0.01f])
            {
                Run(rate, isFinite: true);
                for (var i = range.Offset; i < range.Offset + range.Length; i++)
                {
                    averages[i] += (values[i] - averages[i]) * rate;
                    exact[i] = OptimizerReference.Average(exact[i], values[i], rate);
                }

                Check.Same<float>("averages", averages, rig.Read(buffer, 0, Length));
            }

            // Of a step that is not taken there is nothing to average.
            Run(0.5f, isFinite: false);
            Check.Same<float>("averages", averages, rig.Read(buffer, 0, Length));
            Check.Close("averages", exact, averages, 1e-6);

            void Run(float rate, bool isFinite)
            {
                s.NextGradients(1);
                rig.Write(rig.Model.Gradients, range.Offset, [isFinite ? 1 : float.NaN]);
                rig.Backend.ClipGradients(range, 0);
                rig.Context.OptimizerRules.Begin();
                run(rate);
            }
        }
    }

    /// <summary>Scaled gradients, clipped on the device, move parameters as clipped ones do on the CPU.</summary>
    private static void Clip(CudaRig rig)
    {
        var (s, range, rule) = (new State(rig), new ParameterRange(0, Length), PlainSgd with { Momentum = 0.9f, First = true });
        foreach (var (max, lossScale) in ((double, float)[])[(0, 1), (1.5, 1), (1.5, 256), (1e6, 256)])
        {
            s.NextGradients(1);
            var norm = OptimizerReference.GradientNorm(Numbers.Doubles(s.Gradients));
            var factor = max > 0 ? (float)Math.Min(1, max / (norm + 1e-6)) : 1;
            rig.Context.LossScale = lossScale;
            rig.Write(rig.Model.Gradients, 0, Array.ConvertAll(s.Gradients, g => g * lossScale));
            rig.Backend.ClipGradients(range, max);
            rig.Context.OptimizerRules.Begin();
            rig.Backend.SgdStep(range, rule);
            s.Gradients = Array.ConvertAll(s.Gradients, g => g * factor);
            s.CpuSgd(range, rule);
            s.VerifyBits(range, 1);
        }
    }

    private static void NotFinite(CudaRig rig)
    {
        var (s, range) = (new State(rig), new ParameterRange(3, 330));
        foreach (var wrong in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            s.NextGradients(1);
            rig.Write(rig.Model.Gradients, 200, [wrong]);
            rig.Backend.ClipGradients(range, 1);
            Step(rig, range);
            s.VerifyBits(range, 0);
            s.NextGradients(1);
            rig.Backend.ClipGradients(range, 1);
            rig.Backend.RequireFinite(new LossTerm(rig.Record([wrong])));
            Step(rig, range);
            s.VerifyBits(range, 0);
        }

        // The next gradients are finite, and so is the loss: the step is taken.
        rig.Backend.ClipGradients(range, 0);
        rig.Backend.RequireFinite(new LossTerm(rig.Record([3f])));
        rig.Context.OptimizerRules.Begin();
        rig.Backend.SgdStep(range, PlainSgd);
        s.CpuSgd(range, PlainSgd);
        s.VerifyBits(range, 0);
    }

    private static void Step(CudaRig rig, ParameterRange range)
    {
        rig.Context.OptimizerRules.Begin();
        rig.Backend.SgdStep(range, PlainSgd);
        rig.Backend.AdamStep(range, PlainAdam with { Step = 1, AmsGrad = true });
    }

    /// <summary>One capture, then steps whose rules differ: the graph reads what was uploaded last.</summary>
    private static void Replay(CudaRig rig)
    {
        var (s, range, driver, context) = (new State(rig), new ParameterRange(5, 301), rig.Context.Driver, rig.Context);
        var rule = PlainSgd with { Momentum = 0.9f, First = true };
        s.NextGradients(1);
        context.Model.EnsureMoments(1);
        rig.Backend.ClipGradients(range, 0);
        _ = context.Kernels.SgdStep;
        context.OptimizerRules.Begin();
        context.IsCapturing = true;
        driver.BeginCapture(context.Stream);
        rig.Backend.ClipGradients(range, 0);
        rig.Backend.SgdStep(range, rule);
        var graph = driver.EndCapture(context.Stream);
        context.IsCapturing = false;
        context.OptimizerRules.Upload();
        driver.LaunchGraph(graph, context.Stream);
        s.CpuSgd(range, rule);
        s.VerifyBits(range, 1);
        context.IsReplaying = true;
        for (var step = 1; step < Steps; step++)
        {
            s.NextGradients(step);
            rule = rule with { First = false, LearningRate = 0.1f / step, WeightDecay = 1e-3f };
            context.OptimizerRules.Begin();
            rig.Backend.SgdStep(range, rule);
            driver.LaunchGraph(graph, context.Stream);
            s.CpuSgd(range, rule);
            s.VerifyBits(range, 1);
        }

        context.IsReplaying = false;
        driver.DestroyGraph(graph);
    }

    /// <summary>Parameters and moments as the CPU's kernels and as the rules in double move them.</summary>
    private sealed unsafe class State
    {
        private readonly CudaRig rig;
        private readonly float[] parameters = Numbers.Random(1, Length);
        private readonly float[] first = new float[Length];
        private readonly float[] second = new float[Length];
        private readonly float[] greatest = new float[Length];

        public State(CudaRig rig)
        {
            this.rig = rig;
            rig.Parameter(parameters);
            Exact = Numbers.Doubles(parameters);
        }

        public float[] Parameters => parameters;

        public float[] Gradients { get; set; } = [];

        public double[] Exact { get; }

        public double[] ExactFirst { get; } = new double[Length];

        public double[] ExactSecond { get; } = new double[Length];

        public double[] ExactGreatest { get; } = new double[Length];

        public void NextGradients(int step)
        {
            Gradients = Numbers.Random(10 + step, Length);
            rig.Write(rig.Model.Gradients, 0, Gradients);
        }

        public void CpuSgd(ParameterRange range, SgdRule rule)
        {
            fixed (float* p = parameters, g = Gradients, b = first)
            {
                var job = new SgdJob
                {
                    Split = TaskSplit.For(range.Length, 1),
                    Rule = rule,
                    P = p + range.Offset,
                    G = g + range.Offset,
                    Buffer = b + range.Offset,
                };
                for (var task = 0; task < job.Split.Count; task++)
                {
                    job.Execute(task, 0);
                }
            }
        }

        public void CpuAdam(ParameterRange range, AdamRule rule)
        {
            fixed (float* p = parameters, g = Gradients, m = first, v = second, h = greatest)
            {
                var (split, factors, at) = (TaskSplit.For(range.Length, 1), new AdamFactors(rule), range.Offset);
                var plain = new AdamJob<Off> { Split = split, Factors = factors, P = p + at, G = g + at, First = m + at, Second = v + at };
                var ams = new AdamJob<On>
                {
                    Split = split,
                    Factors = factors,
                    P = p + at,
                    G = g + at,
                    First = m + at,
                    Second = v + at,
                    Greatest = h + at,
                };
                for (var task = 0; task < split.Count; task++)
                {
                    if (rule.AmsGrad)
                    {
                        ams.Execute(task, 0);
                    }
                    else
                    {
                        plain.Execute(task, 0);
                    }
                }
            }
        }

        public void Verify(ParameterRange range, int moments)
        {
            VerifyBits(range, moments);
            Check.Close("parameters", Exact, rig.Read(rig.Model.Parameters, 0, Length), 1e-6);
        }

        public void VerifyBits(ParameterRange range, int moments)
        {
            Check.Same<float>("parameters", parameters, rig.Read(rig.Model.Parameters, 0, Length));
            Check.Same<float>("copies", rig.Rounded(parameters), rig.ReadValues(rig.Model.ParameterValues, 0, Length));
            var buffers = (DevicePointer<float>[])[rig.Model.FirstMoment, rig.Model.SecondMoment, rig.Model.GreatestSecondMoment];
            var expected = (float[][])[first, second, greatest];
            for (var i = 0; i < moments; i++)
            {
                if (!buffers[i].IsNull)
                {
                    Check.Same<float>($"moment {i} of {range}", expected[i], rig.Read(buffers[i], 0, Length));
                }
            }
        }
    }
}
