using Cells;
using Fovea;

// Trains for some steps, saves, and detects with what was saved, in a file and in pixels; reads pictures of other kinds.
var scene = new RgbImage(64, 64);
for (var y = 16; y < 48; y++)
{
    scene.Row(y)[(16 * 3)..(48 * 3)].Fill(255);
}

using (var detector = TileDetector.Create(seed: 1))
{
    var data = new InMemoryDataset<Tile>("scenes", [.. Enumerable.Repeat((scene, (IReadOnlyList<LabeledBox<Tile>>)[new(Tile.White, new Box(16, 16, 48, 48))]), 8)]);
    await Trainer.For(detector, new() { Epochs = 30, BatchSize = 4, EvaluateEvery = 0 }).FitAsync(data);
    detector.Save("tiles.safetensors");
}

ImageFile.Save(scene, "scene.png");
using var loaded = TileDetector.Load("tiles.safetensors");
var found = loaded.Detect("scene.png");
Console.WriteLine($"{loaded.DeviceDescription}");
Console.WriteLine($"found {found[0].Class} {found[0].Box.IoU(new Box(16, 16, 48, 48)) > 0.5f} {found.Count == loaded.Detect(scene).Count}");
try
{
    ImageFile.Save(scene, "scene.jpg");
    Console.WriteLine($"read {ImageFile.Decode("scene.jpg").Width} {ImageFile.Decode("picture.tif").Width > 0}");
}
catch (NotSupportedException e)
{
    Console.WriteLine($"not written: {e.Message}");
    try
    {
        ImageFile.Decode("picture.tif");
    }
    catch (InvalidImageException problem)
    {
        Console.WriteLine($"not read: {problem.Message}");
    }
}
