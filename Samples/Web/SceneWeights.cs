using System.Diagnostics;
using System.Globalization;
using Fovea;
using Quickstart;

namespace Web;

/// <summary>Weights of the quickstart's detector: given, found, or trained, which takes some minutes on two cores.</summary>
internal static class SceneWeights
{
    private const string File = "ShapeDetector.safetensors";
    private const int Scenes = 600;
    private const int Epochs = 8;

    /// <param name="configuration">
    /// <c>weights</c>: a file; <c>out</c>: where they are kept, else <c>out/web</c>; <c>scenes</c> and <c>epochs</c>: how long to train.
    /// </param>
    /// <returns>A file that is there.</returns>
    public static async Task<string> FindOrTrainAsync(IConfiguration configuration)
    {
        if (configuration["weights"] is { Length: > 0 } given)
        {
            return given;
        }

        var kept = Path.Combine(configuration["out"] ?? Path.Combine("out", "web"), File);
        string[] places = [kept, Path.Combine("out", "quickstart", File)];
        if (Array.Find(places, System.IO.File.Exists) is { } found)
        {
            return found;
        }

        await TrainAsync(kept, configuration.GetValue("scenes", Scenes), configuration.GetValue("epochs", Epochs));
        return kept;
    }

    private static async Task TrainAsync(string path, int count, int epochs)
    {
        Console.WriteLine($"There are no weights yet: training on {count} scenes, once; they will be in {path}");
        using var detector = ShapeDetector.Create(seed: 1);
        var options = new TrainerOptions
        {
            Epochs = epochs,
            BatchSize = 4,
            EvaluateEvery = 0,
            Optimizer = new AdamW { LearningRate = 1.5e-3 },
        };
        await Trainer.For(detector, options).FitAsync(SyntheticScenes.Create(count, seed: 1), progress: new ProgressLine());
        detector.Save(path);
    }

    /// <summary>A line each five seconds.</summary>
    private sealed class ProgressLine : IProgress<TrainingProgress>
    {
        private long last = Stopwatch.GetTimestamp();

        public void Report(TrainingProgress value)
        {
            if (Stopwatch.GetElapsedTime(last) > TimeSpan.FromSeconds(5))
            {
                last = Stopwatch.GetTimestamp();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trained {value.Done:P0}, loss {value.Step.Classification + value.Step.Box:0.000}"));
            }
        }
    }
}
