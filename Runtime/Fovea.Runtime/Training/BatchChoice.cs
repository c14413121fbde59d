using Fovea.Devices;
using Fovea.Model;

namespace Fovea.Training;

/// <summary>How many images a step takes where nobody says: as many as the device's memory holds.</summary>
internal static class BatchChoice
{
    private const int MostOnCpu = 16;
    private const int MostOnCuda = 64;
    private const int Buffers = 5;

    /// <summary>An epoch of fewer steps says little between two evaluations, and its norms see the same pictures over and over.</summary>
    private const int LeastSteps = 20;

    /// <summary>For a training; a resumed one keeps what it had.</summary>
    public static int For<TClass>(
        Detector<TClass> detector, TrainerOptions options, DetectionDataset<TClass> train, DetectionDataset<TClass>? validation)
        where TClass : struct, Enum
    {
        if (options.Resume && TrainingState.BatchSizeOf(new RunFolder(options.Folder!).Training) is { } before)
        {
            return before;
        }

        DetectionDataset<TClass>[] sets = validation is null ? [train] : [train, validation];
        var canvas = Canvas(detector.Fitter.Scaled(1 + options.Augmentation.MultiScale), sets);
        var boxes = sets.Max(s => s.Report.MaxObjects + s.Report.Crowds) * options.Augmentation.MostSources;
        return For(detector.Model, canvas, train.Count, Math.Max(1, boxes));
    }

    /// <summary>The largest canvas of a batch: of images of like shape, which share one, the greatest width and the greatest height.</summary>
    private static CanvasSize Canvas<TClass>(CanvasFitter fitter, IEnumerable<DetectionDataset<TClass>> sets)
        where TClass : struct, Enum => sets
        .SelectMany(set => Enumerable.Range(0, set.Count).Select(i => set[i]))
        .GroupBy(item => item.Width >= item.Height, item => fitter.CanvasFor(item.Width, item.Height))
        .Select(alike => new CanvasSize(alike.Max(c => c.Width), alike.Max(c => c.Height)))
        .MaxBy(c => (long)c.Width * c.Height);

    /// <param name="model">On its device.</param>
    /// <param name="canvas">The largest that will be trained on.</param>
    /// <param name="images">Of an epoch.</param>
    /// <param name="boxes">That fit for each image.</param>
    internal static int For(DeviceModel model, CanvasSize canvas, int images, int boxes)
    {
        // Two moments, or three, and perhaps averages and sums of gradients are still to come. The host has other uses for its memory, too:
        // caches of pictures, other programs.
        var free = model.FreeBytes - (Buffers * sizeof(float) * (long)model.Program.Description.TrainableLength);
        var memory = model.RunsAside ? free / 5 * 4 : free / 2;
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
