using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fovea.Cpu;
using Fovea.Ops;
using Fovea.CompilerServices;

namespace Fovea.Tests.Goldens;

/// <summary>
/// Every recorded run of torch.optim, step by step: parameters, moments, gradient norms. (The rate curves are checked with the schedules.)
/// </summary>
[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public partial class OptimizerGoldenTests
{
    private const double Tolerance = 1e-6;

    [SkippableTheory]
    [GoldenData(GoldenKinds.Optimizers)]
    public void Steps_are_torchs(GoldenEntry entry)
    {
        var tensors = entry.Require().Tensors();
        var unused = tensors.Keys.ToHashSet();
        unused.RemoveWhere(
            name => name.StartsWith("init.", StringComparison.Ordinal) || name.StartsWith("grad.", StringComparison.Ordinal));
        var runs = entry.Params.GetProperty("runs").EnumerateArray().ToList();
        foreach (var run in runs)
        {
            new Run(entry, tensors, run, unused).Check();
        }

        Assert.True(unused.Count == 0, $"{entry.Id}: no run accounts for {string.Join(", ", unused)}.");
    }

    /// <summary>One recorded run, replayed on the CPU.</summary>
    private sealed partial class Run
    {
        private readonly GoldenEntry entry;
        private readonly Dictionary<string, GoldenTensor> tensors;
        private readonly HashSet<string> unused;
        private readonly JsonElement run;
        private readonly string name;
        private readonly TensorInfo[] parameters;
        private readonly ModelDescription model;

        public Run(GoldenEntry entry, Dictionary<string, GoldenTensor> tensors, JsonElement run, HashSet<string> unused)
        {
            (this.entry, this.tensors, this.run, this.unused) = (entry, tensors, run, unused);
            name = run.GetProperty("name").GetString()!;
            var offset = 0;
            var list = new List<TensorInfo>();
            foreach (var (key, tensor) in tensors.Where(t => t.Key.StartsWith("init.", StringComparison.Ordinal)))
            {
                list.Add(new TensorInfo(
                    key["init.".Length..], TensorRole.ConvWeight, TensorStorage.Trainable, offset, tensor.Shape, Initializer.Constant, 0));
                offset += tensor.Length;
            }

            parameters = [.. list];
            model = TestModel.Describe(trainable: offset, tensors: parameters);
        }

        public void Check()
        {
            var words = Words(name);
            var rates = run.EnumerateObject().Single(p => p.Name.StartsWith("lr_used", StringComparison.Ordinal)).Value;
            using var rig = new CpuRig(trainable: model.TrainableLength);
            OptimizerOptions options = name.StartsWith("sgd", StringComparison.Ordinal)
                ? SgdOptions(words)
                : AdamOptions(words, name.StartsWith("adamw", StringComparison.Ordinal) ? new AdamW() : new Adam());
            var optimizer = Optimizer.Create(model, options, Groups(words, rates[0]));
            foreach (var p in parameters)
            {
                tensors[$"init.{p.Key}"].F32.CopyTo(rig.Model.Parameters.Span[p.Offset..]);
            }

            var maxNorm = MaxNormPattern().Match(words);
            var backend = rig.Backend;
            for (var step = 0; step < rates.GetArrayLength(); step++)
            {
                foreach (var p in parameters)
                {
                    tensors[$"grad.{step}.{p.Key}"].F32.CopyTo(rig.Model.Gradients.Span[p.Offset..]);
                }

                if (maxNorm.Success)
                {
                    Clip(backend, optimizer.All, Number(maxNorm), step);
                }

                optimizer.Apply(ref backend, rates[step][0].GetDouble());
                Compare(rig.Model.Parameters, $"{name}.step{step}.");
            }

            CompareState(rig);
        }

        private void Clip(CpuBackend backend, ParameterRange all, double maxNorm, int step)
        {
            var norm = backend.GradientNorm(all);
            var expected = run.GetProperty("grad_norms_before_clip")[step].GetDouble();
            Assert.True(
                Math.Abs(norm - expected) <= Tolerance * expected,
                $"{entry.Id}  {name} gradient norm  [{step}]  expected {expected:R}  actual {norm:R}");
            GoldenReport.Checked(entry, $"{name}.norm{step}");
            backend.ScaleGradients(all, (float)Math.Min(1, maxNorm / (norm + 1e-6)));
        }

        private void CompareState(CpuRig rig)
        {
            Compare(rig.Model.FirstMoment, $"{name}.state.momentum_buffer.");
            Compare(rig.Model.FirstMoment, $"{name}.state.exp_avg.");
            Compare(rig.Model.SecondMoment, $"{name}.state.exp_avg_sq.");
            Compare(rig.Model.GreatestSecondMoment, $"{name}.state.max_exp_avg_sq.");
        }

        private void Compare(NativeBuffer? buffer, string prefix)
        {
            foreach (var p in parameters)
            {
                var key = prefix + p.Key;
                if (tensors.TryGetValue(key, out var expected))
                {
                    Assert.True(buffer is not null, $"{entry.Id}  {key}: the optimiser keeps no such buffer.");
                    GoldenAssert.Close(entry, key, expected.F32, buffer.Span.Slice(p.Offset, p.Length), Tolerance);
                    unused.Remove(key);
                }
            }
        }

        /// <summary>
        /// A run's configuration in words; "as sgd, …" and a run that names no rate build on the run of that name, or of its
        /// own first word.
        /// </summary>
        private string Words(string of)
        {
            var words = entry.Params.GetProperty("configs").GetProperty(of).GetString()!;
            var based = BasePattern().Match(words);
            var parent = based.Success ? based.Groups[1].Value : of.Split('_')[0];
            var complete = !based.Success && (parent == of || words.Contains("lr ", StringComparison.Ordinal));
            return complete ? words : words + " " + Words(parent);
        }

        private static Sgd SgdOptions(string words) => new()
        {
            LearningRate = 1,
            Momentum = Value(MomentumPattern().Match(words), 0),
            WeightDecay = Value(DecayPattern().Match(words), 0),
            Nesterov = words.Contains("nesterov", StringComparison.Ordinal),
        };

        private static Adam AdamOptions(string words, Adam adam)
        {
            var betas = BetasPattern().Match(words);
            return adam with
            {
                WeightDecay = Value(DecayPattern().Match(words), 0),
                Beta1 = betas.Success ? Parse(betas.Groups[1].Value) : 0.9,
                Beta2 = betas.Success ? Parse(betas.Groups[2].Value) : 0.999,
                Epsilon = Value(EpsilonPattern().Match(words), 1e-8),
                AmsGrad = words.Contains("amsgrad", StringComparison.Ordinal),
            };
        }

        /// <summary>"w: lr .01 wd .05; b: lr .02 wd 0; …" as exceptions by name; rates relative to the first group's.</summary>
        private List<ParameterGroup> Groups(string words, JsonElement rates)
        {
            var groups = new List<ParameterGroup>();
            foreach (var part in words.Split(';', StringSplitOptions.TrimEntries))
            {
                var parameter = Array.Find(parameters, p => part.StartsWith(p.Key + ":", StringComparison.Ordinal));
                if (parameter is not null)
                {
                    groups.Add(new ParameterGroup(parameter.Key)
                    {
                        LearningRateFactor = rates[groups.Count].GetDouble() / rates[0].GetDouble(),
                        WeightDecay = Value(DecayPattern().Match(part), 0),
                    });
                }
            }

            Assert.Equal(Math.Max(1, groups.Count), rates.GetArrayLength());
            return groups;
        }

        private static double Value(Match match, double otherwise) => match.Success ? Number(match) : otherwise;

        private static double Number(Match match) => Parse(match.Groups[1].Value);

        private static double Parse(string text) => double.Parse(text, CultureInfo.InvariantCulture);

        [GeneratedRegex(@"\bas (\w+)")]
        private static partial Regex BasePattern();

        [GeneratedRegex(@"\b(?:m|momentum) ([\d.e-]+)")]
        private static partial Regex MomentumPattern();

        [GeneratedRegex(@"\bwd ([\d.e-]+)")]
        private static partial Regex DecayPattern();

        [GeneratedRegex(@"\bbetas \(([\d.e-]+), ?([\d.e-]+)\)")]
        private static partial Regex BetasPattern();

        [GeneratedRegex(@"\beps ([\d.e-]+)")]
        private static partial Regex EpsilonPattern();

        [GeneratedRegex(@"\bmax_norm=([\d.e-]+)")]
        private static partial Regex MaxNormPattern();
    }
}
