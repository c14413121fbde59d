using System.Diagnostics;
using System.Globalization;
using Fovea;

namespace SmallDetails;

/// <summary>One picture of 6000×4000 with hundreds of screws: what a detector of 640×640 finds in it at once, and in tiles.</summary>
internal static class LargePicture
{
    /// <summary>Detects in both ways and prints a table.</summary>
    /// <param name="detector">Trained.</param>
    public static void Measure(Detector<Drive> detector)
    {
        var scene = ScrewScenes.Create(1, seed: 4, 6000, 4000);
        var (image, objects) = (scene.LoadImage(0), scene[0].Objects.ToArray());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{objects.Length} screws of 22 to 36 pixels on {image.Width}×{image.Height}; detections with a score above 0.5, found and named right at IoU 0.5"));
        Console.WriteLine();
        Console.WriteLine($"| way | seconds | precision | recall |{Environment.NewLine}|---|---|---|---|");
        var options = new DetectOptions { ScoreThreshold = 0.5 };
        Row("the whole picture on its canvas", () => detector.Detect(image, options));
        Row("tiles of 640×640, no overlap", () => detector.DetectTiles(image, new() { Overlap = 0, WholePicture = false }, options));
        Row("tiles of 640×640, a fifth shared (default)", () => detector.DetectTiles(image, options: options));
        Row("tiles of 1280×1280", () => detector.DetectTiles(image, new() { Width = 1280 }, options));

        void Row(string name, Func<IReadOnlyList<Detection<Drive>>> detect)
        {
            detect();
            var clock = Stopwatch.StartNew();
            var found = detect();
            var seconds = clock.Elapsed.TotalSeconds;
            var right = Right(found, objects);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {seconds:F1} | {(double)right / Math.Max(1, found.Count):P1} | {(double)right / objects.Length:P1} |"));
        }
    }

    /// <summary>Detections, best first, that take an object of their class which none before has taken.</summary>
    private static int Right(IReadOnlyList<Detection<Drive>> found, LabeledBox<Drive>[] objects)
    {
        var left = objects.ToList();
        return found.Count(d => left.FindIndex(o => o.Class == d.Class && o.Box.IoU(d.Box) >= 0.5f) is >= 0 and var i && Take(i));

        bool Take(int i)
        {
            left.RemoveAt(i);
            return true;
        }
    }
}
