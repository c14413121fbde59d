using System.Globalization;

namespace Fovea.Benchmarks;

/// <summary>
/// The blood cells with and without a pretrained backbone, each in the same time: a row for each network and beginning, measured on the
/// test split.
/// </summary>
internal static class PretrainedBenchmark
{
    private static readonly (string Name, string What, Func<Detector<BloodCell>> Create, bool Pretrained)[] Rows =
    [
        ("with", "ResNet18MicrosoftML, pretrained", () => PretrainedCells.Create(1), true),
        ("running", "ResNet18MicrosoftML, pretrained, running statistics", () => RunningCells.Create(1), true),
        ("frozen", "ResNet18MicrosoftML, pretrained, stem and layer1 frozen", () => FrozenCells.Create(1), true),
        ("without", "ResNet18MicrosoftML, first weights", () => PretrainedCells.Create(1), false),
        ("half", "ResNet-18 of half the width (the sample's), first weights", () => HalfCells.Create(1), false),
    ];

    public static int Run(ReadOnlySpan<string> args)
    {
        var (data, minutes, only, rate, learning, epochs) = ("bccd", 10.0, "with,without,half", 0.3, 1e-3, 0);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--data":
                    data = args[i + 1];
                    break;
                case "--minutes":
                    minutes = Number(args[i + 1]);
                    break;
                case "--epochs":
                    epochs = (int)Number(args[i + 1]);
                    break;
                case "--only":
                    only = args[i + 1];
                    break;
                case "--backbone-lr":
                    rate = Number(args[i + 1]);
                    break;
                case "--lr":
                    learning = Number(args[i + 1]);
                    break;
            }
        }

        Console.WriteLine($"| network and beginning | epochs | AP | AP50 |{Environment.NewLine}|---|---|---|---|");
        foreach (var row in Rows.Where(r => only.Split(',').Contains(r.Name)))
        {
            using var folder = new TempFolder();
            using var detector = row.Create();
            var history = Trainer.For(detector, Recipe(minutes, epochs, learning) with
            {
                Folder = folder.Path,
                Pretrained = row.Pretrained,
                BackboneRate = row.Pretrained ? rate : null,
            }).FitAsync(Open(data, "train"), Open(data, "val"), new Told()).GetAwaiter().GetResult();
            var result = detector.Evaluate(Open(data, "test")).Summary;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {row.What} | {history.Epochs.Count} | {result.AP:F3} | {result.AP50:F3} |"));
        }

        return 0;
    }

    /// <summary>As Samples/BloodCells trains, but for the time, in place of which epochs may be given.</summary>
    private static TrainerOptions Recipe(double minutes, int epochs, double rate) => new()
    {
        TimeLimit = epochs > 0 ? null : TimeSpan.FromMinutes(minutes),
        Epochs = Math.Max(1, epochs),
        BatchSize = 4,
        EvaluateEvery = 5,
        ValidationLoss = false,
        Optimizer = new AdamW { LearningRate = rate },
        Averaging = new WeightAveraging { Decay = 0.995 },
        Augmentation = new Augmentation
        {
            HorizontalFlip = 0.5,
            VerticalFlip = 0.5,
            MinScale = 0.8,
            MaxScale = 1.25,
            Brightness = 0.1,
            Contrast = 0.1,
            Saturation = 0.1,
        },
    };

    private static CocoDataset<BloodCell> Open(string data, string split) =>
        CocoDataset<BloodCell>.Open(Path.Combine(data, split + ".json"), Path.Combine(data, "images"));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>What is decided, and epochs that are measured, on the error stream.</summary>
    private sealed class Told : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Message is { } message)
            {
                Console.Error.WriteLine(message);
            }

            if (value.Record is { Ap: { } ap } epoch)
            {
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"epoch {epoch.Epoch}/{value.Epochs}  AP {ap:F3}  AP50 {epoch.Ap50:F3}  {value.Elapsed.TotalSeconds:F0} s"));
            }
        }
    }
}

/// <summary>What the BCCD set marks.</summary>
public enum BloodCell
{
    RBC,
    WBC,
    Platelets,
}

/// <summary>The sample's detector over a backbone that has published weights.</summary>
[RetinaNet<BloodCell>(Backbone.ResNet18MicrosoftML)]
[Pyramid(MaxLevel = 6, Channels = 96)]
[Head(Depth = 2)]
[Anchors(BaseSize = 3)]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(384, 288)]
public partial class PretrainedCells;

/// <summary>The same with norms that keep the statistics of their weights.</summary>
[RetinaNet<BloodCell>(Backbone.ResNet18MicrosoftML)]
[Backbone(NormStatistics = NormStatistics.Running)]
[Pyramid(MaxLevel = 6, Channels = 96)]
[Head(Depth = 2)]
[Anchors(BaseSize = 3)]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(384, 288)]
public partial class RunningCells;

/// <summary>The same whose first layers, which see edges and colours, do not learn: their gradients are not computed.</summary>
[RetinaNet<BloodCell>(Backbone.ResNet18MicrosoftML)]
[Backbone(FrozenStages = 2)]
[Pyramid(MaxLevel = 6, Channels = 96)]
[Head(Depth = 2)]
[Anchors(BaseSize = 3)]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(384, 288)]
public partial class FrozenCells;

/// <summary>Samples/BloodCells' detector, which is made for first weights.</summary>
[RetinaNet<BloodCell>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [2, 2, 2, 2], BaseWidth = 32)]
[Pyramid(MaxLevel = 6, Channels = 96)]
[Head(Depth = 2)]
[Anchors(BaseSize = 3)]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(384, 288)]
public partial class HalfCells;
