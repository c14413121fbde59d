using Fovea.Devices;
using Fovea.Model;

namespace Fovea.Training;

/// <summary>How many images a step takes where nobody says: as many as the device's memory holds.</summary>
internal static class BatchChoice
{
    private const int MostOnCpu = 16;
    private const int MostOnCuda = 64;

    /// <summary>An epoch of fewer steps says little between two evaluations, and its norms see the same pictures over and over.</summary>
    private const int LeastSteps = 20;

    /// <summary>For a training; a resumed one keeps what it had.</summary>
    public static int For<TClass>(Detector<TClass> detector, TrainerOptions options, DetectionDataset<TClass> train)
        where TClass : struct, Enum
    {
        if (options.Resume && TrainingState.BatchSizeOf(new RunFolder(options.Folder!).Training) is { } before)
        {
            return before;
        }

        var fitter = detector.Fitter.Scaled(1 + options.Augmentation.MultiScale);
        var canvas = Enumerable.Range(0, train.Count)
            .Select(i => fitter.CanvasFor(train[i].Width, train[i].Height))
            .MaxBy(c => (long)c.Width * c.Height);
        return For(detector.Model, canvas, train.Count, Math.Max(1, train.Report.MaxObjects * options.Augmentation.MostSources));
    }

    /// <param name="model">On its device.</param>
    /// <param name="canvas">The largest that will be trained on.</param>
    /// <param name="images">Of an epoch.</param>
    /// <param name="boxes">That fit for each image.</param>
    internal static int For(DeviceModel model, CanvasSize canvas, int images, int boxes)
    {
        // The host has other uses for its memory: caches of pictures, other programs.
        var memory = model.RunsAside ? model.FreeBytes / 5 * 4 : model.FreeBytes / 2;
        for (var batch = model.RunsAside ? MostOnCuda : MostOnCpu; batch > 1; batch /= 2)
        {
            if (batch * LeastSteps <= images && Fits(batch))
            {
                return batch;
            }
        }

        return 1;

        bool Fits(int batch)
        {
            try
            {
                CanvasCheck.Validate(model.Program.Description, batch, canvas.Height, canvas.Width, boxes);
            }
            catch (ArgumentException)
            {
                // More elements than a map can have.
                return false;
            }

            return model.BytesOf(model.Program.PlanTraining(batch, canvas.Height, canvas.Width, boxes)) <= memory;
        }
    }
}
