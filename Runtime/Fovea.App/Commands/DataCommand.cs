using System.CommandLine;
using Fovea.App.Inspection;
using Fovea.App.Suggestion;
using Fovea.Checkpoints;

namespace Fovea.App.Commands;

/// <summary>
/// <c>data --data X [--out DIR] [--json]</c>, or <c>data --data X --suggest [--device cuda]</c>: what should be known of a data set before
/// a night's training.
/// </summary>
internal static class DataCommand
{
    private const int Pictures = 16;
    private static readonly string[] MeasuredOn = ["val", "test"];

    public static Command Create<TClass>(Detector<TClass> detector, TrainerOptions recipe, DataOptions<TClass> data)
        where TClass : struct, Enum
    {
        var output = new Option<DirectoryInfo?>("--out")
        {
            Description = "Takes data.json and pages of sample pictures, varied and on the canvas, as the network sees them. Default: neither is written.",
        };
        var json = new Option<bool>("--json") { Description = "Print the report as JSON." };
        var headers = new Option<bool>("--headers-only")
        {
            Description = "Read no pixels: faster, but damaged pictures and duplicates are not found. Of pictures in files.",
        };
        var suggest = new Option<bool>("--suggest")
        {
            Description = "Measure this machine and suggest declarations for these pictures, in place of the report.",
        };
        var minutes = new Option<double>("--minutes") { Description = "Of --suggest: how long training may take.", DefaultValueFactory = _ => 30 };
        var command = new Command(
            "data",
            "Look at a data set before training: classes, sizes on the canvas, how anchors fit, duplicates, labels that may be wrong. "
            + "Exit code 1 where pictures cannot be used.")
        { output, json, headers, suggest, minutes };
        data.AddTo(command);
        var variation = new VariationOptions(recipe);
        variation.AddTo(command);
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, cancellation) => CommonOptions.Guard(async () =>
        {
            if (parsed.GetValue(suggest))
            {
                GivenOptions.Refuse(
                    [.. GivenOptions.Of(parsed, output, json, headers), .. variation.Given(parsed)],
                    "--suggest measures the machine and prints declarations in place of the report. Leave them out, or --suggest.");
                device.Apply(parsed, detector);
                var time = parsed.GetValue(minutes);
                var told = await Task.Run(() => Suggest(detector, data.Open(parsed, "train"), time, cancellation), cancellation).ConfigureAwait(false);
                Console.WriteLine(told);
                return 0;
            }

            GivenOptions.Refuse(
                [.. GivenOptions.Of(parsed, minutes), .. device.Given(parsed)],
                "they say how --suggest measures. Leave them out, or add --suggest.");
            if (parsed.GetValue(output) is null)
            {
                GivenOptions.Refuse(
                    variation.GivenForPictures(parsed),
                    "they vary the sample pictures, which are drawn with --out alone. Leave them out, or add --out.");
            }

            var options = variation.Apply(parsed, recipe);
            var splits = new List<(string Split, DetectionDataset<TClass> Dataset)> { ("train", data.Open(parsed, "train")) };
            foreach (var name in MeasuredOn)
            {
                if (data.TryOpen(parsed, name) is { } split)
                {
                    splits.Add((name, split));
                }
            }

            if (!parsed.GetValue(json) && data.Describe(parsed) is { } recognised)
            {
                Console.WriteLine($"recognised {recognised}");
            }

            var check = await Task.Run(
                () => DataCheck.Run(detector, splits, options.Augmentation, parsed.GetValue(headers), cancellation), cancellation).ConfigureAwait(false);
            Console.WriteLine(parsed.GetValue(json) ? check.ToJson() : check.ToString());
            if (parsed.GetValue(output) is { } folder)
            {
                await Task.Run(() => Write(detector, splits, check, options, folder.FullName), cancellation).ConfigureAwait(false);
            }

            return check.Errors.Count > 0 ? 1 : 0;
        }));
        return command;
    }

    private static string Suggest<TClass>(
        Detector<TClass> detector, DetectionDataset<TClass> train, double minutes, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        if (!(minutes > 0) || train.Report.Objects == 0)
        {
            throw new ArgumentException($"--suggest: expected minutes above 0 and objects to measure, found {minutes} minutes and {train.Report.Objects} objects.");
        }

        var objects = Enumerable.Range(0, train.Count).Select(i => train[i])
            .SelectMany(i => i.Objects.Where(o => !o.IsCrowd).Select(o => (o.Box, i.Width, i.Height))).ToArray();
        var names = train.Classes.Names.OfType<string>().ToArray();
        var speed = MachineSpeed.Measure(detector, cancellation);
        var suggester = new Suggester(
            objects, train.Count, names.Length, speed, PretrainedBackbone.IsHere(nameof(Backbone.ResNet18MicrosoftML)));
        return SuggestionText.Write(
            detector.Description, typeof(TClass).Name, suggester, suggester.Suggest(minutes), speed, InspectionAdvice.Sided(names).Length > 0);
    }

    private static void Write<TClass>(
        Detector<TClass> detector, List<(string Split, DetectionDataset<TClass> Dataset)> splits, DataCheck check, TrainerOptions recipe, string folder)
        where TClass : struct, Enum
    {
        Directory.CreateDirectory(folder);
        Files.AtomicFile.Write(Path.Combine(folder, "data.json"), System.Text.Encoding.UTF8.GetBytes(check.ToJson()));
        var usable = Math.Min(Pictures, splits[0].Dataset.Count);
        var training = LoaderOptions.ForTraining(usable, recipe.Seed) with
        {
            Augmentation = recipe.Augmentation,
            Sampling = recipe.Sampling,
            RepeatThreshold = recipe.RepeatThreshold,
            LastBatch = LastBatch.Keep,
        };
        var pages = new List<string>();
        for (var i = 0; i < splits.Count; i++)
        {
            var (split, dataset) = splits[i];
            var page = SamplePage.Draw(
                detector.Description, dataset, i == 0 ? training : LoaderOptions.ForEvaluation(Math.Min(Pictures, dataset.Count)), Pictures);
            pages.Add(Path.Combine(folder, $"samples.{split}.png"));
            ImageFile.SavePng(page, pages[^1]);
        }

        Console.Error.WriteLine($"wrote {Path.Combine(folder, "data.json")}, {string.Join(", ", pages)}");
    }
}
