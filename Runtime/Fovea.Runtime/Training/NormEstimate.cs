using Fovea.CompilerServices;
using Fovea.Devices;

namespace Fovea.Training;

/// <summary>
/// Running statistics of batch norms as the plain mean over some batches, all of them under the weights that are there: what training has
/// is a mean over weights of the past, too.
/// </summary>
/// <remarks>
/// Each pass begins with statistics of 0 and leaves momentum·batch. So the mean is of batches' means and of their unbiased variances, each
/// batch counting the same. Statistics that forward only reads (frozen, or <c>NormStatistics.Running</c>) are known by not moving, and
/// stay.
/// Source: Wu and Johnson, arXiv:2105.07576, section 3.2; fvcore.nn.precise_bn.
/// </remarks>
internal static class NormEstimate
{
    /// <summary>Of every batch norm that is compiled (<c>Norm.BatchNorm</c>); float32, as operators take it.</summary>
    private const double Momentum = 0.1f;

    /// <summary>Replaces the statistics.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="batches">At least one.</param>
    /// <param name="sessionFor">A session that fits a batch.</param>
    /// <param name="cancellation">Heeded between batches; the statistics are then those from before.</param>
    public static void Apply(
        DeviceModel model, IEnumerable<Batch> batches, Func<Batch, TrainingSession> sessionFor, CancellationToken cancellation)
    {
        var length = model.Program.Description.StatisticsLength;
        var (statistics, end, sums) = (new float[length], new float[length], new double[length]);
        DetectorState.ReadStatistics(model, statistics);
        var (pass, moving, count) = (new ForwardPass(model), default(TensorInfo[]), 0);
        var start = (float[])statistics.Clone();
        foreach (var batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            var session = sessionFor(batch);
            session.SetBatch(batch);
            if (moving is null)
            {
                pass.Run(session, end: end);
                moving = Moving(model.Program.Description, statistics, end);
                Array.ForEach(moving, t => start.AsSpan(t.Offset, t.Length).Clear());
            }

            if (moving.Length == 0)
            {
                return;
            }

            pass.Run(session, start, end);
            for (var i = 0; i < length; i++)
            {
                sums[i] += end[i];
            }

            count++;
        }

        foreach (var tensor in moving ?? [])
        {
            for (var i = tensor.Offset; i < tensor.Offset + tensor.Length; i++)
            {
                statistics[i] = (float)(sums[i] / (count * Momentum));
            }
        }

        DetectorState.WriteStatistics(model, statistics);
    }

    private static TensorInfo[] Moving(ModelDescription model, float[] before, float[] after) => Array.FindAll(
        model.Tensors,
        t => t.Storage == TensorStorage.Statistics
            && !before.AsSpan(t.Offset, t.Length).SequenceEqual(after.AsSpan(t.Offset, t.Length)));
}
