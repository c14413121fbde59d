namespace Fovea.Cuda.Tests.Models;

/// <summary>Pictures of bright rectangles on noise, of several sizes and shapes.</summary>
internal static class Pictures
{
    private static readonly (int Width, int Height)[] Sizes = [(64, 64), (96, 70), (40, 64), (61, 33)];

    public static InMemoryDataset<Thing> Dataset(int count, int seed = 1) =>
        new($"pictures {seed}", Enumerable.Range(0, count).Select(i => Create(new Random((seed * 1000) + i), Sizes[i % Sizes.Length])));

    /// <summary>Pictures alone.</summary>
    public static RgbImage[] Images(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Create(new Random(i), Sizes[i % Sizes.Length]).Image)];

    private static (RgbImage Image, IReadOnlyList<LabeledBox<Thing>> Objects) Create(Random random, (int Width, int Height) size)
    {
        var image = new RgbImage(size.Width, size.Height);
        foreach (ref var v in image.Pixels.AsSpan())
        {
            v = (byte)random.Next(60);
        }

        var objects = new List<LabeledBox<Thing>>();
        for (var i = random.Next(3); i >= 0; i--)
        {
            var (w, h) = (random.Next(8, size.Width / 2), random.Next(8, size.Height / 2));
            var (x, y) = (random.Next(size.Width - w), random.Next(size.Height - h));
            var kind = (Thing)random.Next(3);
            for (var row = y; row < y + h; row++)
            {
                image.Row(row).Slice(x * 3, w * 3).Fill((byte)(150 + (40 * (int)kind)));
            }

            objects.Add(new LabeledBox<Thing>(kind, new Box(x, y, x + w, y + h)));
        }

        return (image, objects);
    }
}
