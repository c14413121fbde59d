using Fovea.Devices;

namespace Fovea.Training;

/// <summary>
/// The losses on a data set, as training computes them: with the batch's own statistics, where batch norms take these in training. Each
/// image counts the same.
/// </summary>
/// <param name="Classification">Mean; null where it is no finite number.</param>
/// <param name="Box">Mean; null where it is no finite number.</param>
internal readonly record struct ValidationLoss(double? Classification, double? Box)
{
    /// <summary>Measures them; weights and statistics stay.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="batches">All of the data set.</param>
    /// <param name="sessionFor">A session that fits a batch.</param>
    /// <param name="told">After every batch, how many images are done.</param>
    /// <param name="cancellation">Heeded between batches.</param>
    public static ValidationLoss Measure(
        DeviceModel model, IEnumerable<Batch> batches, Func<Batch, TrainingSession> sessionFor, Action<int> told, CancellationToken cancellation)
    {
        var (pass, classification, box, images) = (new ForwardPass(model), 0.0, 0.0, 0);
        foreach (var batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            var session = sessionFor(batch);
            session.SetBatch(batch);
            var result = pass.Run(session);
            classification += result.Classification * batch.Count;
            box += result.Box * batch.Count;
            images += batch.Count;
            told(images);
        }

        return new ValidationLoss(Finite(classification / images), Finite(box / images));
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
