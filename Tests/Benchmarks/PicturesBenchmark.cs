using System.Diagnostics;
using System.Globalization;

namespace Fovea.Benchmarks;

/// <summary>
/// Both codecs on photographs: megabytes of pixels decoded a second, and ResNet-18's training at 320² with 1 and 2 loader threads: images a
/// second, and the share of a step that it waits for the loader. All in one run, in alternating rounds, so that the ratios hold on a machine
/// that does other things, too.
/// </summary>
internal static class PicturesBenchmark
{
    private const int Size = 320;
    private const int Batch = 4;

    private static readonly IImageCodec[] Codecs = [new ManagedImageCodec(), new SkiaImageCodec()];

    public static int Run(ReadOnlySpan<string> args)
    {
        var (folders, rounds, steps) = (new List<string>(), 7, 6);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--rounds":
                    rounds = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--steps":
                    steps = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                default:
                    folders.Add(args[i]);
                    break;
            }
        }

        if (folders.Count == 0)
        {
            Console.Error.WriteLine("Expected folders of photographs.");
            return 2;
        }

        foreach (var folder in folders)
        {
            foreach (var pattern in new[] { "*.jpg", "*.png" })
            {
                var files = Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal).Where(IsPicture).Take(40).ToArray();
                if (files.Length > 0)
                {
                    Decode($"{Path.GetFileName(Path.GetFullPath(folder))}/{pattern}", files, rounds);
                    Train($"{Path.GetFileName(Path.GetFullPath(folder))}/{pattern}", files, rounds, steps);
                }
            }
        }

        return 0;
    }

    private static bool IsPicture(string file)
    {
        try
        {
            return Array.TrueForAll(Codecs, c => ImageFile.Decode(File.ReadAllBytes(file), file, ImageLimits.Default, c).Width > 0);
        }
        catch (InvalidImageException)
        {
            return false;
        }
    }

    private static void Decode(string name, string[] files, int rounds)
    {
        var contents = Array.ConvertAll(files, File.ReadAllBytes);
        var rates = new double[Codecs.Length, rounds];
        for (var round = -1; round < rounds; round++)
        {
            for (var c = 0; c < Codecs.Length; c++)
            {
                var (start, bytes) = (Stopwatch.GetTimestamp(), 0L);
                foreach (var content in contents)
                {
                    bytes += ImageFile.Decode(content, name, ImageLimits.Default, Codecs[c]).Pixels.Length;
                }

                if (round >= 0)
                {
                    rates[c, round] = bytes / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
                }
            }
        }

        for (var c = 0; c < Codecs.Length; c++)
        {
            var own = Enumerable.Range(0, rounds).Select(r => rates[c, r]).Order().ToArray();
            var ratios = Enumerable.Range(0, rounds).Select(r => rates[c, r] / rates[1, r]).Order().ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"bench\":\"decode\",\"pictures\":\"{name}\",\"files\":{files.Length},\"codec\":\"{Codecs[c].Name}\","
                + $"\"megabytesPerSecond\":{own[rounds / 2]:F0},\"toSkia\":{ratios[rounds / 2]:F2}}}"));
        }
    }

    private static void Train(string name, string[] files, int rounds, int steps)
    {
        using var detector = Detector18.Create(seed: 1);
        using var session = detector.CreateTrainingSession(Batch, Size, Size);
        var optimizer = detector.CreateOptimizer(new Sgd { LearningRate = 1e-4 });
        var runs = (from threads in new[] { 1, 2 } from codec in Codecs select (threads, codec)).ToArray();
        var (rates, waits) = (new double[runs.Length, rounds], new double[runs.Length, rounds]);
        for (var round = -1; round < rounds; round++)
        {
            for (var i = 0; i < runs.Length; i++)
            {
                var (rate, wait) = Rate(detector, session, optimizer, new Photographs(files, runs[i].codec), runs[i].threads, steps);
                if (round >= 0)
                {
                    (rates[i, round], waits[i, round]) = (rate, wait);
                }
            }
        }

        double Median(double[,] values, int i) => Enumerable.Range(0, rounds).Select(r => values[i, r]).Order().ElementAt(rounds / 2);
        for (var i = 0; i < runs.Length; i++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"bench\":\"training\",\"pictures\":\"{name}\",\"model\":\"ResNet18\",\"size\":{Size},\"batch\":{Batch},"
                + $"\"processors\":{Environment.ProcessorCount},\"loaderThreads\":{runs[i].threads},\"codec\":\"{runs[i].codec.Name}\","
                + $"\"imagesPerSecond\":{Median(rates, i):F2},\"waitedPercent\":{100 * Median(waits, i):F3},"
                + $"\"mostWaitedPercent\":{100 * Enumerable.Range(0, rounds).Max(r => waits[i, r]):F3}}}"));
        }
    }

    /// <summary>Images a second, and the share of the time that was spent in waiting for a batch. The first two steps are not counted.</summary>
    private static (double Rate, double Wait) Rate(
        Detector<Label> detector, TrainingSession session, Optimizer optimizer, Photographs pictures, int threads, int steps)
    {
        using var loader = new DataLoader<Label>(pictures, detector.Fitter, LoaderOptions.ForTraining(Batch, 1) with { Threads = threads });
        using var batches = loader.Epoch(0).GetEnumerator();
        var (waited, start) = (0L, 0L);
        for (var step = -2; step < steps; step++)
        {
            if (step == 0)
            {
                (waited, start) = (0, Stopwatch.GetTimestamp());
            }

            var asked = Stopwatch.GetTimestamp();
            batches.MoveNext();
            waited += Stopwatch.GetTimestamp() - asked;
            session.SetBatch(batches.Current);
            session.Step(optimizer, 1e-4);
        }

        var all = Stopwatch.GetTimestamp() - start;
        return (steps * Batch / ((double)all / Stopwatch.Frequency), (double)waited / all);
    }

    /// <summary>Files with a box each, over and over; none is kept.</summary>
    private sealed class Photographs : DetectionDataset<Label>
    {
        private const int Showings = 400;

        private readonly string[] files;
        private readonly IImageCodec codec;
        private readonly DatasetItem<Label>[] items;

        public Photographs(string[] files, IImageCodec codec)
        {
            (this.files, this.codec) = (files, codec);
            items = Array.ConvertAll(files, file =>
            {
                var (width, height) = ImageFile.ReadSize(file);
                return new DatasetItem<Label>(1, file, width, height, [new LabeledBox<Label>(Label.A, new Box(0, 0, width / 2f, height / 2f))]);
            });
            Report = DatasetReport.Of(this);
        }

        public override string Name => "photographs";

        public override int Count => Showings;

        public override DatasetReport Report { get; }

        public override DatasetItem<Label> this[int index] => items[index % files.Length] with { Id = index + 1 };

        public override RgbImage LoadImage(int index)
        {
            var file = files[index % files.Length];
            return ImageFile.Decode(File.ReadAllBytes(file), file, ImageLimits.Default, codec);
        }
    }
}
