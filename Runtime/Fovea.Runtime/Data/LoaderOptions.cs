namespace Fovea;

/// <summary>What happens to images that do not fill the last batch of an epoch.</summary>
public enum LastBatch
{
    /// <summary>They make a smaller batch.</summary>
    Keep,

    /// <summary>They are left out of this epoch; which ones differs from epoch to epoch.</summary>
    Drop,

    /// <summary>The batch is filled with images from the beginning of the epoch, so that every batch has the same size.</summary>
    Fill,
}

/// <summary>How a data set is cut into batches.</summary>
public sealed record LoaderOptions
{
    /// <summary>Threads that a loader may have.</summary>
    internal const int MostThreads = 256;

    /// <summary>Images in a batch.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Decides order and augmentation: the same seed gives the same batches on every machine, at any number of threads.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether each epoch has an order of its own; else that of the data set.</summary>
    public bool Shuffle { get; init; }

    /// <summary>How images are varied.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>How often an epoch shows each image. Other than <see cref="Sampling.Uniform"/> is for training with rare classes.</summary>
    public Sampling Sampling { get; init; }

    /// <summary>
    /// Of <see cref="Sampling.RepeatFactor"/>: classes that fewer than this share of images show are repeated, 0 … 1. LVIS has 0.001 for
    /// 1203
    /// classes; of a handful of classes a tenth is rare.
    /// </summary>
    public double RepeatThreshold { get; init; } = 0.1;

    /// <summary>What happens to images that do not fill a batch.</summary>
    public LastBatch LastBatch { get; init; } = LastBatch.Keep;

    /// <summary>
    /// Whether crowd regions go with a batch, so that what is found in them is not trained as background; else they are left out, as
    /// torchvision's and Detectron2's training scripts do.
    /// </summary>
    public bool IgnoreCrowds { get; init; } = true;

    /// <summary>The loader's own threads.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Batches made ready ahead of the one in use.</summary>
    public int Prefetch { get; init; } = 2;

    /// <summary>Memory for decoded images, in bytes; the least recently used ones give way. 0 keeps none.</summary>
    public long CacheBytes { get; init; }

    /// <summary>
    /// Whether batches keep their images' bytes, for the detector's device to resize and normalise: right for CUDA, where bytes are a
    /// fraction of what the canvas takes. Such a batch goes to a session (<see cref="TrainingSession.SetBatch"/>) and has no
    /// <see cref="Batch.Pixels"/>. Images whose bytes are more than their canvas's are resized by the loader all the same.
    /// </summary>
    public bool ResizeOnDevice { get; init; }

    /// <summary>For training: shuffled, flipped, every batch full.</summary>
    public static LoaderOptions ForTraining(int batchSize, ulong seed) =>
        new() { BatchSize = batchSize, Seed = seed, Shuffle = true, Augmentation = Augmentation.Default, LastBatch = LastBatch.Fill };

    /// <summary>For evaluation: every image once, as it is.</summary>
    public static LoaderOptions ForEvaluation(int batchSize) => new() { BatchSize = batchSize };

    internal void Check()
    {
        CheckRange(BatchSize, 1, 4096, nameof(BatchSize));
        CheckRange(Threads, 1, MostThreads, nameof(Threads));
        CheckRange(Prefetch, 1, 1024, nameof(Prefetch));
        ArgumentOutOfRangeException.ThrowIfNegative(CacheBytes);
        if (!(RepeatThreshold is >= 0 and <= 1) || !Enum.IsDefined(Sampling))
        {
            throw new ArgumentOutOfRangeException(
                nameof(RepeatThreshold), RepeatThreshold, $"LoaderOptions.Sampling: expected a threshold of 0 … 1, found {Sampling} with {RepeatThreshold}.");
        }

        ArgumentNullException.ThrowIfNull(Augmentation);
        Augmentation.Check();
    }

    private static void CheckRange(int value, int low, int high, string name)
    {
        if (value < low || value > high)
        {
            throw new ArgumentOutOfRangeException(name, value, $"LoaderOptions.{name}: expected {low} … {high}, found {value}.");
        }
    }
}
