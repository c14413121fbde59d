namespace Fovea.Training;

/// <summary>How many epochs fit into a time.</summary>
internal static class TimeBudget
{
    /// <summary>The greatest number of epochs whose training and evaluations take no longer than <paramref name="seconds"/>; 0 where none does.</summary>
    /// <param name="seconds">What is left.</param>
    /// <param name="epoch">Seconds of an epoch's training, greater than 0.</param>
    /// <param name="evaluation">Seconds of an evaluation.</param>
    /// <param name="evaluateEvery">Epochs between two; 0: there is none. One follows the last epoch in any case.</param>
    /// <param name="done">Epochs that lie before, which decide where evaluations fall.</param>
    public static int Epochs(double seconds, double epoch, double evaluation, int evaluateEvery, int done)
    {
        double Needed(long n) => (n * epoch) + (evaluation * Evaluations(n));
        long Evaluations(long n) => evaluateEvery == 0 || n == 0
            ? 0
            : ((done + n) / evaluateEvery) - (done / evaluateEvery) + ((done + n) % evaluateEvery == 0 ? 0 : 1);

        // Needed rises with n, so the answer is found by halving.
        var (low, high) = (0L, (long)Math.Clamp(seconds / epoch, 0, int.MaxValue / 2));
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = Needed(middle) <= seconds ? (middle, high) : (low, middle - 1);
        }

        return (int)low;
    }
}
