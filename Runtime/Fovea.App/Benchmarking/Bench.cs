using System.Diagnostics;
using Fovea.App.Suggestion;
using Fovea.App.Terminal;
using Fovea.Devices;
using Fovea.Model;

namespace Fovea.App.Benchmarking;

/// <summary>Measures detection and training of a model on this machine. Training works on a copy of the model: its weights stay.</summary>
internal static class Bench
{
    private const int DetectionBatch = 8;

    /// <param name="detector">Which model, and where.</param>
    /// <param name="recipe">What a training step is.</param>
    /// <param name="trains">Whether training is measured.</param>
    /// <param name="stopper">How long.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    public static BenchResult Run<TClass>(
        Detector<TClass> detector, TrainerOptions recipe, bool trains, Stopper stopper, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var pictures = PictureSizes(detector.Description);
        using var status = StatusLine.Start("measurements", pictures.Length * (trains ? 3 : 2));
        var (detection, training) = (new List<BenchRow>(), new List<BenchRow>());
        foreach (var (width, height) in pictures)
        {
            detection.Add(Detect(detector, width, height, stopper, cancellation));
            status.Report(detection.Count);
            detection.Add(DetectBatch(detector, width, height, stopper, cancellation));
            status.Report(detection.Count);
        }

        var peak = PeakBytes();
        foreach (var (width, height) in trains ? pictures : [])
        {
            training.Add(Train(detector, recipe, detector.Fitter.CanvasFor(width, height), stopper, cancellation));
            status.Report(detection.Count + training.Count);
        }

        var model = detector.Description;
        return new BenchResult(
            model.Name, model.Backbone, detector.DeviceDescription, Environment.ProcessorCount, detection, training, peak, PeakBytes());
    }

    private static BenchRow Detect<TClass>(
        Detector<TClass> detector, int width, int height, Stopper stopper, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var (picture, found) = (NoiseBatch.Picture(width, height), new Detection<TClass>[detector.MaxDetections]);
        var times = stopper.Measure(() => detector.Detect(picture.Pixels, width, height, found), cancellation);
        return Row(detector.Description, detector.Fitter.CanvasFor(width, height), 1, times, passes: 1);
    }

    private static BenchRow DetectBatch<TClass>(
        Detector<TClass> detector, int width, int height, Stopper stopper, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var pictures = Enumerable.Repeat(NoiseBatch.Picture(width, height), DetectionBatch).ToArray();
        var times = stopper.Measure(() => detector.DetectBatch(pictures), cancellation);
        return Row(detector.Description, detector.Fitter.CanvasFor(width, height), DetectionBatch, times, passes: 1);
    }

    private static BenchRow Train(
        Detector detector, TrainerOptions recipe, CanvasSize canvas, Stopper stopper, CancellationToken cancellation)
    {
        using var copy = DeviceChoice.Open(detector.Program, detector.Options with { Device = detector.Device }, out _, out _);
        DetectorState.Copy(detector.Model, copy);
        using var session = new TrainingSession(copy, recipe.BatchSize, canvas.Height, canvas.Width, maxBoxes: 16);
        NoiseBatch.Fill(session, detector.Description);
        var optimizer = Optimizer.Create(detector.Description, recipe.Optimizer, recipe.Groups, recipe.DecayNormsAndBiases);
        copy.ResetMoments(recipe.Optimizer.Moments);

        // A rate of 0: the same work, and noise leads the weights nowhere.
        var times = stopper.Measure(() => session.Step(optimizer, 0, recipe.MaxGradientNorm), cancellation);
        return Row(detector.Description, canvas, recipe.BatchSize, times, passes: 3);
    }

    private static BenchRow Row(ModelDescription model, CanvasSize canvas, int batch, double[] times, int passes)
    {
        var median = Stopper.Quantile(times, 0.5);
        var operations = 2.0 * passes * MachineSpeed.MacsAt(model, canvas.Width, canvas.Height) * batch;
        return new BenchRow(
            canvas.Width, canvas.Height, batch, times.Length, median, Stopper.Quantile(times, 0.9), batch * 1000 / median,
            operations / median / 1e6);
    }

    /// <summary>A picture for each declared canvas; on a variable canvas one of 4:3.</summary>
    private static (int Width, int Height)[] PictureSizes(ModelDescription model) => model.Resize is { } resize
        ? [CanvasFitter.ResizedSize(4000, 3000, resize)]
        : [.. model.InputSizes.Select(s => (s.Width, s.Height))];

    private static long PeakBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
