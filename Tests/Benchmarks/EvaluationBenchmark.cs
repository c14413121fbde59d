using System.Diagnostics;
using System.Globalization;

namespace Fovea.Benchmarks;

/// <summary>
/// COCO's evaluation of a set of its size: 5 000 images, 80 classes, 7 objects and 100 detections in an image. Seconds of each part, and
/// the memory that it asked for.
/// </summary>
internal static class EvaluationBenchmark
{
    private const int Classes = 80;

    public static int Run(ReadOnlySpan<string> args)
    {
        var images = args is ["--images", var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 5000;
        for (var round = 0; round < 3; round++)
        {
            var start = Stopwatch.GetTimestamp();
            var evaluator = Fill(images, new Random(1));
            var filled = Seconds(ref start);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var result = evaluator.Evaluate();
            var evaluated = Seconds(ref start);
            var megabytes = (GC.GetTotalAllocatedBytes(precise: true) - before) >> 20;
            var matrix = result.ConfusionMatrix();
            var confused = Seconds(ref start);
            _ = result.ToJson();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"bench\":\"evaluation\",\"images\":{images},\"detections\":{evaluator.Detections},"
                + $"\"processors\":{Environment.ProcessorCount},\"fill\":{filled:F2},\"evaluate\":{evaluated:F2},\"confusion\":{confused:F2},\"json\":{Seconds(ref start):F2},"
                + $"\"megabytes\":{megabytes},\"ap\":{result.Summary.AP:F4},\"score\":{matrix.ScoreThreshold:F3}}}"));
        }

        return 0;
    }

    private static double Seconds(ref long start)
    {
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        return seconds;
    }

    /// <summary>Most detections are near an object of their image and class, as those of a detector are.</summary>
    private static CocoEvaluator Fill(int images, Random random)
    {
        var evaluator = new CocoEvaluator(
            Enumerable.Range(0, Classes).Select(k => KeyValuePair.Create((long)k, k.ToString(CultureInfo.InvariantCulture))));
        var objects = new (int Class, CocoBox Box)[7];
        for (var image = 0; image < images; image++)
        {
            evaluator.AddImage(image);
            for (var i = 0; i < objects.Length; i++)
            {
                objects[i] = (random.Next(Classes), BoxAt(random, random.NextDouble() * 500, random.NextDouble() * 350));
                evaluator.AddGroundTruth(image, objects[i].Class, objects[i].Box, isCrowd: random.Next(50) == 0);
            }

            for (var i = 0; i < 100; i++)
            {
                var (c, box) = objects[random.Next(objects.Length)];
                var near = random.Next(2) == 0;
                evaluator.AddDetection(
                    image, near ? c : random.Next(Classes),
                    near
                        ? new CocoBox(box.X + random.NextDouble() * 8, box.Y + random.NextDouble() * 8, box.Width, box.Height)
                        : BoxAt(random, random.NextDouble() * 500, random.NextDouble() * 350),
                    near ? random.NextDouble() : random.NextDouble() * 0.6);
            }
        }

        return evaluator;
    }

    private static CocoBox BoxAt(Random random, double x, double y)
    {
        var size = 8 * Math.Pow(2, random.NextDouble() * 5);
        return new CocoBox(x, y, size, size * (0.5 + random.NextDouble()));
    }
}
