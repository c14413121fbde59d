using System.Diagnostics;
using System.Globalization;
using Fovea;
using Fovea.Deployment;

// save WEIGHTS PICTURE: writes what the others read. detect WEIGHTS PICTURE and train WEIGHTS: say how long after the process began the
// first picture was detected, or the first eight steps were done, and how much memory there was at the most.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["save", var weights, var picture]:
        using (var first = RoadDetector.Create(seed: 1))
        {
            first.Save(weights);
        }

        var noise = new RgbImage(640, 480);
        new Random(1).NextBytes(noise.Pixels);
        ImageFile.Save(noise, picture);
        return 0;
    case ["detect", var weights, var picture]:
        using (var detector = RoadDetector.Load(weights))
        {
            var found = detector.Detect(picture, new() { ScoreThreshold = 0 }).Count;
            Tell($"detected {found}");
        }

        return 0;
    case ["train", var weights]:
        using (var detector = RoadDetector.Load(weights))
        {
            var image = new RgbImage(320, 320);
            var data = new InMemoryDataset<Road>("roads", Enumerable.Repeat((image, (IReadOnlyList<LabeledBox<Road>>)[new(Road.Car, new Box(40, 40, 120, 90))]), 8));
            await Trainer.For(detector, new() { Epochs = 2, BatchSize = 2, EvaluateEvery = 0 }).FitAsync(data);
            Tell("trained 8 steps of 2");
        }

        return 0;
    default:
        Console.Error.WriteLine("Usage: Deployment save WEIGHTS PICTURE | detect WEIGHTS PICTURE | train WEIGHTS");
        return 2;
}

static void Tell(string what)
{
    using var process = Process.GetCurrentProcess();
    var time = DateTime.Now - process.StartTime;
    Console.WriteLine($"{what}, {time.TotalMilliseconds:F0} ms, {process.PeakWorkingSet64 / 1e6:F0} MB");
}
