using System.Text;
using BloodCells;
using Fovea;

Console.OutputEncoding = Encoding.UTF8;
using var detector = CellDetector.Create(seed: 1);
return await DetectorApp.RunAsync(detector, args, new TrainerOptions
{
    Epochs = 40,
    BatchSize = 4,
    EvaluateEvery = 5,
    Averaging = new WeightAveraging { Decay = 0.995 },
    Augmentation = new Augmentation { HorizontalFlip = 0.5, VerticalFlip = 0.5, MinScale = 0.8, MaxScale = 1.25, Brightness = 0.1, Contrast = 0.1, Saturation = 0.1 },
});
