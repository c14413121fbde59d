namespace Fovea;

/// <summary>
/// An exponential moving average of the weights: after each step a ← a + (1 − d)·(w − a), over learned parameters and running statistics.
/// Single steps leave less of a mark in it, so that it is evaluated and kept in place of the weights; the training itself goes on with the
/// weights.
/// </summary>
/// <remarks>
/// Source: Polyak and Juditsky 1992; the growing window is that of TensorFlow's ExponentialMovingAverage with num_updates, whose d is
/// min(Decay, (1 + t)/(10 + t)).
/// </remarks>
public sealed record WeightAveraging
{
    /// <summary>d after many steps, in [0, 1): the average is over the last 1/(1 − d) steps or so.</summary>
    public double Decay { get; init; } = 0.9998;

    /// <summary>
    /// The average reaches over no more than this share of the steps so far, greater than 0, at most 1: d of step t is at most 1 − 1/(1 +
    /// Share·t). So first weights are soon forgotten, and a short training needs no other decay than a long one. 1: the plain mean, until
    /// Decay is reached.
    /// </summary>
    public double Share { get; init; } = 0.1;

    /// <summary>1 − d of a step.</summary>
    /// <param name="step">From 1.</param>
    internal double RateAt(int step) => Math.Max(1 - Decay, 1 / (1 + (Share * step)));

    /// <summary>Refuses values that average nothing.</summary>
    internal void Validate()
    {
        if (!(Decay is >= 0 and < 1))
        {
            throw new ArgumentException(FormattableString.Invariant($"Averaging.Decay is {Decay}: expected at least 0 and below 1."));
        }

        if (!(Share is > 0 and <= 1))
        {
            throw new ArgumentException(FormattableString.Invariant($"Averaging.Share is {Share}: expected greater than 0, at most 1."));
        }
    }
}
