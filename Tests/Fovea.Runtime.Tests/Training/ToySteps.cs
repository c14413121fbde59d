using Fovea.Devices;

namespace Fovea.Tests.Training;

/// <summary>What tests of steps by hand have in common: batches as a trainer loads them, and a model's whole state.</summary>
internal static class ToySteps
{
    /// <summary>The loader that a trainer of these options makes.</summary>
    public static DataLoader<ToyClass> Loader(ToyDetector detector, DetectionDataset<ToyClass> train, TrainerOptions options) =>
        new(train, detector.Fitter, LoaderOptions.ForTraining(options.BatchSize, options.Seed) with { Augmentation = options.Augmentation });

    /// <summary>A session for all batches of a loader.</summary>
    public static TrainingSession Session(ToyDetector detector, DataLoader<ToyClass> loader, int images) =>
        detector.CreateTrainingSession(images, 64, 64, loader.MaxBoxes);

    /// <summary>All that a checkpoint holds.</summary>
    public static byte[] State(ToyDetector detector)
    {
        using var stream = new MemoryStream();
        detector.Save(stream);
        return stream.ToArray();
    }

    /// <summary>A buffer of the model.</summary>
    public static float[] Read(ToyDetector detector, StateBuffer buffer)
    {
        var description = detector.Description;
        var values = new float[
            buffer is StateBuffer.Statistics or StateBuffer.AveragedStatistics ? description.StatisticsLength : description.TrainableLength];
        detector.Model.Read(buffer, 0, values);
        return values;
    }

    public static float[] NotANumber(TrainingSession session) =>
        Enumerable.Repeat(float.NaN, session.Images * session.Height * session.Width * 3).ToArray();
}
