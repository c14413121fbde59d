using System.Diagnostics;
using System.Text;
using Fovea;
using Quickstart;
using Quickstart.Synthetic;

// Without arguments: makes a data set, trains, evaluates on unseen scenes, draws.
// With arguments, the detector's command line: train, eval, detect, data, info, replay.
const int TrainScenes = 1200;
const int TestScenes = 160;

Console.OutputEncoding = Encoding.UTF8;
var started = Process.GetCurrentProcess().StartTime;
using var detector = ShapeDetector.Create(seed: 1);
var recipe = new TrainerOptions { Epochs = 12, BatchSize = 4, EvaluateEvery = 0, Optimizer = new AdamW { LearningRate = 1.5e-3 } };
if (args is not ([] or ["--out", _]))
{
    return await DetectorApp.RunAsync(detector, args, recipe);
}

// Its own folder is the sample's to replace, so it may be run again and again; another that has a run is refused.
var (output, overwrite) = args is [_, var folder] ? (folder, false) : (Path.Combine("out", "quickstart"), true);
return await DetectorApp.RunAsync(async cancellation =>
{
    var train = Write("train", SyntheticScenes.Create(TrainScenes, seed: 1));
    var test = Write("test", SyntheticScenes.Create(TestScenes, seed: 2));
    Console.WriteLine(SceneStatistics.Describe(train));
    await TrainingWorkflow.RunAsync(
        detector, train, validation: null, test, output, recipe with { Overwrite = overwrite }, started, cancellation: cancellation);
});

// Through the files that a data set on disk has, so that the sample takes a user's way.
DetectionDataset<Shape> Write(string split, DetectionDataset<Shape> scenes)
{
    var data = Path.Combine(output, "data");
    CocoWriter.Write(scenes, Path.Combine(data, $"{split}.json"), Path.Combine(data, "images", split));
    return DataFolder.Open<Shape>(data, split);
}
