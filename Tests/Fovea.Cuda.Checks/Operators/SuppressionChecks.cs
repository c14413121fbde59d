using Fovea.Ops.PostProcessing;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>Non-maximum suppression: exactly the reference's boxes, in its order.</summary>
internal static class SuppressionChecks
{
    public static IEnumerable<OperatorCheck> All =>
    [
        .. from classes in (int[])[1, 3, 91]
           from counts in (int[][])[[0, 1], [33, 32], [300, 257]]
           select new OperatorCheck(
               $"Suppress K={classes} of {string.Join(',', counts)}",
               rig => Run(rig, new PostProcessingRule(classes), 300, 100, [.. counts.Select((n, i) => Random(n, classes, i))])),
        new("Suppress all of one class", rig => Run(rig, new PostProcessingRule(80), 200, 100, [Random(200, 80, 1, _ => 79)])),
        new("Suppress until the limit", rig => Run(rig, new PostProcessingRule(3, MaxDetections: 7), 200, 100, [Random(200, 3, 1)])),
        new("Suppress until there is no room", rig => Run(rig, new PostProcessingRule(3), 200, 5, [Random(200, 3, 1), Random(150, 3, 2)])),
        new("Suppress to nothing", rig => Run(rig, new PostProcessingRule(3, MaxDetections: 0), 20, 5, [Random(20, 3, 1)])),
        new("Suppress at threshold 0.6", rig => Run(rig, new PostProcessingRule(1, NmsIoU: 0.6f), 100, 100, [Nested(100)])),
        new("Suppress at threshold 0", rig => Run(rig, new PostProcessingRule(2, NmsIoU: 0), 100, 100, [Random(100, 2, 3)])),
        new("Suppress at threshold 1", rig => Run(rig, new PostProcessingRule(2, NmsIoU: 1), 100, 100, [Random(100, 2, 3)])),
        new("Suppress equal boxes and scores", rig => Run(rig, new PostProcessingRule(2), 70, 70, [Same(70)])),
        new("Suppress without area, with NaN", rig => Run(rig, new PostProcessingRule(1), 90, 90, [Degenerate(90)])),
        new("Suppress in global memory", rig => Run(rig, new PostProcessingRule(5), 6000, 60, [Random(900, 5, 1), Random(40, 5, 2)])),
    ];

    private static void Run(CudaRig rig, PostProcessingRule rule, int capacity, int room, RawDetection[][] images)
    {
        var candidates = new CandidateMap(
            images.Length, capacity, rig.Record(Padded(images, capacity, c => c.Box)), rig.Record(Padded(images, capacity, c => c.Score)),
            rig.Record(Padded(images, capacity, c => c.Channel)), rig.Record(images.Select(i => i.Length).ToArray()), 0);
        var kept = new DetectionMap(
            images.Length, room, rig.Record(room * 4L * images.Length), rig.Record((long)room * images.Length),
            rig.Record((long)room * images.Length), rig.Record(images.Length));
        rig.Backend.SuppressNonMaxima(candidates, rule, kept);
        for (var n = 0; n < images.Length; n++)
        {
            var expected = PostProcessingReference.Suppress(images[n], rule).Take(room).ToArray();
            var (from, count) = (n * room, rig.ReadInts(kept.Counts + n, 1)[0]);
            Check.Same("count", expected.Length, count);
            if (count > 0)
            {
                Check.Same<float>("score", [.. expected.Select(e => e.Score)], rig.ReadFloats(kept.Scores + from, count));
                Check.Same<int>("class", [.. expected.Select(e => e.Channel)], rig.ReadInts(kept.Classes + from, count));
                Check.Same<float>(
                    "box", [.. expected.SelectMany(e => (float[])[e.Box.X1, e.Box.Y1, e.Box.X2, e.Box.Y2])],
                    rig.ReadFloats(kept.Boxes + (4L * from), 4 * count));
            }
        }
    }

    private static T[] Padded<T>(RawDetection[][] images, int capacity, Func<RawDetection, T> part)
    {
        var all = new T[images.Length * capacity];
        for (var n = 0; n < images.Length; n++)
        {
            Array.ConvertAll(images[n], c => part(c)).CopyTo(all, n * capacity);
        }

        return all;
    }

    /// <summary>Clustered boxes; scores in hundredths, so that many are equal.</summary>
    private static RawDetection[] Random(int count, int classes, int seed, Func<int, int>? channel = null)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => new RawDetection(
            channel?.Invoke(i) ?? random.Next(classes), random.Next(100) / 100f, Box.FromSize(
                (random.Next(4) * 20) + (random.NextSingle() * 8), (random.Next(4) * 20) + (random.NextSingle() * 8),
                10 + (random.NextSingle() * 10), 10 + (random.NextSingle() * 10))))];
    }

    /// <summary>IoUs that are whole tenths as near as float32 comes: some must be greater than the threshold, some equal to it.</summary>
    private static RawDetection[] Nested(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new RawDetection(0, 1 - (i / 200f), new Box(0, 0, 10, 10 - (i % 10))))];

    private static RawDetection[] Same(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new RawDetection(i % 2, i % 3 == 0 ? -0f : 0f, new Box(1, 2, 3, 4)))];

    private static RawDetection[] Degenerate(int count) => [.. Enumerable.Range(0, count).Select(i => new RawDetection(
        0, i % 13 == 0 ? float.NaN : (i % 9 / 9f) - 0.5f, (i % 4) switch
        {
            0 => new Box(5, 5, 5, 9),
            1 => new Box(float.NaN, 0, 10, 10),
            2 => new Box(0, 0, float.PositiveInfinity, 10),
            _ => new Box(i % 3, 0, 10, 10),
        }))];
}
