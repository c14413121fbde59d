using Fovea.Evaluation;

namespace Fovea.Training;

/// <summary>What is measured of the weights between epochs: the losses, if they are wanted, and COCO's numbers.</summary>
/// <param name="detector">Has the weights.</param>
/// <param name="options">The training's.</param>
/// <param name="dataset">The images.</param>
internal sealed class Validation<TClass>(Detector<TClass> detector, TrainerOptions options, DetectionDataset<TClass> dataset)
    where TClass : struct, Enum
{
    private readonly EvaluationLoading loading = new(options.LoaderThreads, options.CacheBytes);

    /// <param name="record">The epoch.</param>
    /// <param name="sessionFor">A training session that fits a batch.</param>
    /// <param name="told">How many images are done, and of how many: with the losses each counts twice.</param>
    /// <param name="cancellation">Heeded between batches.</param>
    /// <returns>The epoch with what was measured.</returns>
    public EpochRecord Measure(
        EpochRecord record, Func<Batch, TrainingSession> sessionFor, Action<int, int> told, CancellationToken cancellation)
    {
        var (before, total) = options.ValidationLoss ? (dataset.Count, 2 * dataset.Count) : (0, dataset.Count);
        var loss = options.ValidationLoss ? MeasureLoss(sessionFor, images => told(images, total), cancellation) : default;
        var result = detector.EvaluateWith(
            loading, dataset, null, new ImageProgress(p => told(before + p.Images, total)), cancellation);
        return record with
        {
            Ap = Measured(result.Summary.AP),
            Ap50 = Measured(result.Summary.AP50),
            ClassAps = [.. result.Classes.Select(c => new ClassAp(c.Name, Measured(c.Summary.AP)))],
            ValidationClassification = loss.Classification,
            ValidationBox = loss.Box,
        };
    }

    /// <summary>COCO's −1: there is nothing to find.</summary>
    private static double? Measured(double value) => value < 0 ? null : value;

    private ValidationLoss MeasureLoss(Func<Batch, TrainingSession> sessionFor, Action<int> told, CancellationToken cancellation)
    {
        var reading = LoaderOptions.ForEvaluation(options.BatchSize) with
        {
            Threads = options.LoaderThreads,
            ResizeOnDevice = detector.Model.RunsAside,
        };
        using var loader = new DataLoader<TClass>(dataset, detector.Fitter, reading, loading.CacheOf(dataset));
        return ValidationLoss.Measure(detector.Model, loader.Epoch(0, cancellation), sessionFor, told, cancellation);
    }

    /// <summary>Reports where it is called; <see cref="Progress{T}"/> would post to another thread.</summary>
    private sealed class ImageProgress(Action<EvaluationProgress> report) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => report(value);
    }
}
