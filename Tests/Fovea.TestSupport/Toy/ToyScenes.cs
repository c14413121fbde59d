namespace Fovea.TestSupport;

/// <summary>Pictures of bright rectangles on noise; the shape is the class.</summary>
internal static class ToyScenes
{
    public static InMemoryDataset<ToyClass> Create(int images, ulong seed, int width = 64, int height = 64) =>
        new($"toy scenes {seed}", Enumerable.Range(0, images).Select(i => Scene(new SeededRandom(seed, (ulong)i), width, height)));

    private static (RgbImage Image, IReadOnlyList<LabeledBox<ToyClass>> Objects) Scene(SeededRandom random, int width, int height)
    {
        var image = new RgbImage(width, height);
        foreach (ref var v in image.Pixels.AsSpan())
        {
            v = (byte)random.NextInt32(60);
        }

        var objects = new List<LabeledBox<ToyClass>>();
        for (var i = random.NextInt32(3); i >= 0; i--)
        {
            var kind = (ToyClass)random.NextInt32(3);
            var (w, h) = kind switch { ToyClass.Wide => (24, 10), ToyClass.Tall => (10, 24), _ => (16, 16) };
            var (x, y) = (random.NextInt32(width - w), random.NextInt32(height - h));
            for (var row = y; row < y + h; row++)
            {
                image.Row(row).Slice(x * 3, w * 3).Fill((byte)(180 + (20 * (int)kind)));
            }

            objects.Add(new LabeledBox<ToyClass>(kind, new Box(x, y, x + w, y + h)));
        }

        return (image, objects);
    }
}
