using Fovea.Tiny;

namespace Fovea.Cuda.Tests.Processes;

/// <summary>A data set of four pictures and a checkpoint to start from, on disk.</summary>
internal static class TinyData
{
    private const int Side = 64;

    /// <summary>Writes the splits train and test, COCO's way.</summary>
    /// <param name="folder">The data set's.</param>
    /// <returns>A picture of the test split.</returns>
    public static string Write(string folder)
    {
        foreach (var (split, first, count) in new[] { ("train", 0, 4), ("test", 4, 2) })
        {
            var dataset = new InMemoryDataset<Tile>(split, Enumerable.Range(first, count).Select(Picture));
            CocoWriter.Write(dataset, Path.Combine(folder, $"{split}.json"), Path.Combine(folder, "images", split));
        }

        return Directory.GetFiles(Path.Combine(folder, "images", "test")).Order(StringComparer.Ordinal).First();
    }

    /// <summary>First weights, but scores of about one half, so that an untrained detector finds things.</summary>
    public static void WriteCheckpoint(string path)
    {
        using var detector = TileDetector.Create(seed: 3, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        const string Bias = "head.classification_head.cls_logits.bias";
        detector.WriteTensor(Bias, new float[detector.ReadTensor(Bias).Length]);
        detector.Save(path);
    }

    /// <summary>A red tile and a blue one on noise.</summary>
    private static (RgbImage Image, IReadOnlyList<LabeledBox<Tile>> Objects) Picture(int number)
    {
        var pixels = new byte[Side * Side * 3];
        new Random(number).NextBytes(pixels);
        var (red, blue) = (Paint(pixels, 4 + (3 * number), 6, 20, channel: 0), Paint(pixels, 30, 34 - number, 24, channel: 2));
        return (new RgbImage(Side, Side, pixels), [new(Tile.Red, red), new(Tile.Blue, blue)]);
    }

    private static Box Paint(byte[] pixels, int x, int y, int side, int channel)
    {
        for (var row = y; row < y + side; row++)
        {
            for (var column = x; column < x + side; column++)
            {
                var pixel = pixels.AsSpan(((row * Side) + column) * 3, 3);
                pixel.Clear();
                pixel[channel] = 255;
            }
        }

        return new Box(x, y, x + side, y + side);
    }
}
