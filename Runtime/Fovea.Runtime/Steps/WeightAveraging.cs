namespace Fovea;

/// <summary>
/// An exponential moving average of the weights: after each step a ← a + (1 − d)·(w − a), over learned parameters and running statistics.
/// Single steps leave less of a mark in it, so that it is evaluated and kept in place of the weights; the training itself goes on with the
/// weights.
/// </summary>
/// <remarks>Source: Polyak and Juditsky 1992; ModelEMA of Ultralytics (d rises as here), ModelEmaV3 of timm.</remarks>
public sealed record WeightAveraging
{
    /// <summary>d after many steps, in [0, 1): the average is over the last 1/(1 − d) steps or so.</summary>
    public double Decay { get; init; } = 0.9998;

    /// <summary>
    /// Steps over which d rises: d of step t is <see cref="Decay"/>·(1 − exp(−t/RampUp)), as first weights are not worth remembering. 0: d
    /// is Decay from the first step on.
    /// </summary>
    public int RampUp { get; init; } = 2000;

    /// <summary>1 − d of a step.</summary>
    /// <param name="step">From 1.</param>
    internal double RateAt(int step) => 1 - (RampUp > 0 ? Decay * (1 - Math.Exp(-(double)step / RampUp)) : Decay);

    /// <summary>Refuses values that average nothing.</summary>
    internal void Validate()
    {
        if (!(Decay is >= 0 and < 1))
        {
            throw new ArgumentException(FormattableString.Invariant($"Averaging.Decay is {Decay}: expected at least 0 and below 1."));
        }

        if (RampUp < 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"Averaging.RampUp is {RampUp}: expected 0 or more."));
        }
    }
}
