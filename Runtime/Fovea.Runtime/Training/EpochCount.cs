using System.Diagnostics;

namespace Fovea.Training;

/// <summary>How many epochs a training has: as many as the options say, or as fit into their time.</summary>
/// <param name="options">The recipe.</param>
/// <param name="batches">Of an epoch.</param>
/// <param name="validationImages">0: nothing is evaluated.</param>
internal sealed class EpochCount(TrainerOptions options, int batches, int validationImages)
{
    /// <summary>Forward alone, as a share of a training step.</summary>
    private const double ForwardShare = 1.0 / 3;

    /// <summary>Iterations are counted in 31 bits, whatever the time.</summary>
    private int Most => Math.Max(1, int.MaxValue / Math.Max(1, batches));

    private int EvaluateEvery => validationImages > 0 ? options.EvaluateEvery : 0;

    /// <summary>Decides at the start. A training that is resumed keeps its plan, unless it was done and has time for more.</summary>
    /// <param name="state">Whose <see cref="TrainingState.Planned"/> is set.</param>
    /// <param name="spent">Seconds so far.</param>
    /// <param name="secondsPerBatch">Measures; called only where it is needed.</param>
    public void Decide(TrainingState state, double spent, Func<double> secondsPerBatch)
    {
        if (options.TimeLimit is not { } limit)
        {
            state.Planned = options.Epochs;
        }
        else if (state.Planned == 0)
        {
            var (clock, batch) = (Stopwatch.StartNew(), secondsPerBatch());
            state.EvaluationSeconds = ForwardShare * (options.ValidationLoss ? 2 : 1) * validationImages * batch / options.BatchSize;
            var left = limit.TotalSeconds - spent - clock.Elapsed.TotalSeconds;
            state.Planned = Math.Clamp(TimeBudget.Epochs(left, batch * batches, state.EvaluationSeconds, EvaluateEvery, 0), 1, Most);
        }
        else if (state.Epoch >= state.Planned)
        {
            state.Planned = state.Epoch
                + TimeBudget.Epochs(limit.TotalSeconds - spent, SecondsPerEpoch(state), state.EvaluationSeconds, EvaluateEvery, state.Epoch);
        }
    }

    /// <summary>
    /// After an epoch's last step and before its evaluation. After the first epoch its times are known; later the plan is only shortened, as
    /// the learning rate has begun to fall by it.
    /// </summary>
    public void Correct(TrainingState state, double spent)
    {
        if (options.TimeLimit is { } limit)
        {
            var done = state.Epoch + 1;
            var now = EvaluateEvery > 0 && done % EvaluateEvery == 0 ? state.EvaluationSeconds : 0;
            var planned = done
                + TimeBudget.Epochs(limit.TotalSeconds - spent - now, SecondsPerEpoch(state), state.EvaluationSeconds, EvaluateEvery, done);
            state.Planned = Math.Min(done == 1 ? Most : state.Planned, planned);
        }
    }

    /// <summary>Of the last epochs, the running one included where it has begun: a machine's speed changes.</summary>
    private static double SecondsPerEpoch(TrainingState state)
    {
        var seconds = state.History.Epochs.TakeLast(3).Select(e => e.Seconds).ToList();
        if (state.Iteration > 0)
        {
            seconds.Add(state.Seconds);
        }

        return Math.Max(1e-3, seconds.DefaultIfEmpty(0).Average());
    }
}
