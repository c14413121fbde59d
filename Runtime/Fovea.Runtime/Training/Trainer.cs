using Fovea.Model;
using Fovea.Training;

namespace Fovea;

/// <summary>Trains detectors.</summary>
public static class Trainer
{
    /// <summary>A trainer of this detector.</summary>
    /// <param name="detector">Its weights are trained in place.</param>
    /// <param name="options">The recipe; null: the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Trainer<TClass> For<TClass>(Detector<TClass> detector, TrainerOptions? options = null)
        where TClass : struct, Enum => new(detector, options ?? new TrainerOptions());
}

/// <summary>Trains one detector by one recipe.</summary>
/// <typeparam name="TClass">The detector's classes; a data set of others does not compile.</typeparam>
public sealed class Trainer<TClass>
    where TClass : struct, Enum
{
    internal Trainer(Detector<TClass> detector, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(detector);
        options.Validate();
        Detector = detector;
        Options = options;
    }

    /// <summary>The detector whose weights are trained.</summary>
    public Detector<TClass> Detector { get; }

    /// <summary>The recipe.</summary>
    public TrainerOptions Options { get; }

    /// <summary>Trains on a thread of its own.</summary>
    /// <param name="train">The images to learn.</param>
    /// <param name="validation">Evaluated between epochs; decides which epoch is the best.</param>
    /// <param name="progress">Told after every iteration, evaluated image and epoch.</param>
    /// <param name="cancellationToken">Stops between two iterations, after saving where <see cref="TrainerOptions.Folder"/> is
    /// given.</param>
    /// <returns>
    /// The course of the training. The detector has the weights of the best epoch (<see cref="TrainerOptions.RestoreBest"/>), else the last
    /// ones as they are evaluated (<see cref="TrainerOptions.Averaging"/>, <see cref="TrainerOptions.NormBatches"/>).
    /// </returns>
    /// <exception cref="OperationCanceledException">Cancelled; the detector has the weights of the last iteration.</exception>
    /// <exception cref="InvalidImageException">An image cannot be read; what was trained is saved as on cancellation.</exception>
    /// <exception cref="TrainingDivergedException">A loss is no finite number any more; says where and what to try.</exception>
    /// <exception cref="CheckpointException">A checkpoint could not be written, or the one to resume from does not
    /// fit.</exception>
    /// <exception cref="IOException">The history could not be written.</exception>
    public Task<TrainingHistory> FitAsync(
        DetectionDataset<TClass> train,
        DetectionDataset<TClass>? validation = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        return LongWork.Run(
            () =>
            {
                using var run = new TrainingRun<TClass>(Detector, Options, train, validation, progress);
                return run.Fit(cancellationToken);
            },
            cancellationToken);
    }
}
