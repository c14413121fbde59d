using Fovea.CompilerServices;

namespace Fovea;

/// <summary>
/// An optimiser bound to a model: which runs of the parameter buffer get which learning rate and weight decay, and how many steps were
/// taken.
/// </summary>
public sealed class Optimizer
{
    private readonly Run[] runs;
    private readonly ParameterRange statistics;

    private Optimizer(OptimizerOptions options, ParameterRange all, ParameterRange statistics, Run[] runs)
    {
        Options = options;
        All = all;
        this.statistics = statistics;
        this.runs = runs;
    }

    /// <summary>The rule.</summary>
    public OptimizerOptions Options { get; }

    /// <summary>What averages of the weights each step moves, if any; they have begun (<c>DeviceModel.BeginAverages</c>).</summary>
    internal WeightAveraging? Averaging { get; set; }

    /// <summary>Everything that is learned.</summary>
    internal ParameterRange All { get; }

    /// <summary>Steps taken so far.</summary>
    public int Steps { get; internal set; }

    /// <summary>Runs of the parameter buffer with their factor of η and their λ, in memory order.</summary>
    internal IEnumerable<(ParameterRange Range, double LearningRateFactor, double WeightDecay)> Groups =>
        runs.Select(r => (r.Range, r.LearningRateFactor, r.WeightDecay));

    /// <summary>Binds a rule to a model's parameters.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The rule.</param>
    /// <param name="groups">Exceptions by key prefix.</param>
    /// <param name="decayNormsAndBiases">Whether weight decay also applies to norms' scales and shifts and to biases.</param>
    /// <exception cref="ArgumentException">A value is out of range, or a prefix fits no learned tensor.</exception>
    public static Optimizer Create(
        ModelDescription model, OptimizerOptions options, IReadOnlyList<ParameterGroup>? groups = null, bool decayNormsAndBiases = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        groups ??= [];
        var tensors = model.Tensors.Where(t => t.Storage == TensorStorage.Trainable).OrderBy(t => t.Offset).ToArray();
        CheckPrefixes(model, groups, tensors);
        var runs = new List<Run>();
        foreach (var tensor in tensors)
        {
            var (factor, decay) = Settings(tensor, options, groups, decayNormsAndBiases);
            var range = new ParameterRange(tensor.Offset, tensor.Length);
            if (runs.Count > 0 && runs[^1].LearningRateFactor == factor && runs[^1].WeightDecay == decay)
            {
                // Elements between two tensors are padding: parameters and gradients there are 0 and stay 0.
                var start = runs[^1].Range.Offset;
                runs[^1] = new Run(new ParameterRange(start, range.Offset + range.Length - start), factor, decay);
            }
            else
            {
                runs.Add(new Run(range, factor, decay));
            }
        }

        return new Optimizer(
            options, new ParameterRange(0, model.TrainableLength), new ParameterRange(0, model.StatisticsLength), [.. runs]);
    }

    /// <summary>One step over all groups; then the averages, where there are any, follow the weights.</summary>
    /// <param name="backend">The backend that computes, or records.</param>
    /// <param name="learningRate">η of this step, before the groups' factors.</param>
    public void Apply<TBackend>(ref TBackend backend, double learningRate)
        where TBackend : struct, IBackend
    {
        foreach (var run in runs)
        {
            var rate = (float)(learningRate * run.LearningRateFactor);
            if (Options is Sgd sgd)
            {
                backend.SgdStep(run.Range, new SgdRule(rate, (float)sgd.Momentum, (float)run.WeightDecay, sgd.Nesterov, Steps == 0));
            }
            else
            {
                var adam = (Adam)Options;
                var (beta1, beta2, epsilon) = ((float)adam.Beta1, (float)adam.Beta2, (float)adam.Epsilon);
                backend.AdamStep(
                    run.Range, new AdamRule(rate, beta1, beta2, epsilon, (float)run.WeightDecay, adam.Decoupled, adam.AmsGrad, Steps + 1));
            }
        }

        Steps++;
        if (Averaging is { } averaging)
        {
            var rate = (float)averaging.RateAt(Steps);
            backend.AverageParameters(All, rate);
            if (statistics.Length > 0)
            {
                backend.AverageStatistics(statistics, rate);
            }
        }
    }

    private static void CheckPrefixes(ModelDescription model, IReadOnlyList<ParameterGroup> groups, TensorInfo[] tensors)
    {
        foreach (var group in groups)
        {
            if (!tensors.Any(t => t.Key.StartsWith(group.Prefix, StringComparison.Ordinal)))
            {
                throw new ArgumentException(
                    $"Parameter group \"{group.Prefix}\" fits no learned tensor of {model.Name}: "
                    + $"expected the start of a key such as \"{tensors.FirstOrDefault()?.Key}\".");
            }
        }
    }

    private static (double Factor, double Decay) Settings(
        TensorInfo tensor, OptimizerOptions options, IReadOnlyList<ParameterGroup> groups, bool decayNormsAndBiases)
    {
        var decay = decayNormsAndBiases || tensor.Role == TensorRole.ConvWeight ? options.WeightDecay : 0;
        var group = groups.FirstOrDefault(g => tensor.Key.StartsWith(g.Prefix, StringComparison.Ordinal));
        return (group?.LearningRateFactor ?? 1, group?.WeightDecay ?? decay);
    }

    private readonly record struct Run(ParameterRange Range, double LearningRateFactor, double WeightDecay);
}
