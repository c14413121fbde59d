using System.Text.Json;
using Fovea.Tests.App.Data;
using Fovea.Tiny;

namespace Fovea.Tests.App.Commands;

/// <summary>What <c>eval</c> writes.</summary>
public sealed class EvalCommandTests : IDisposable
{
    private const string Annotations = """
        {"images": [{"id": 7, "file_name": "a.png", "width": 40, "height": 30}, {"id": 8, "file_name": "b.png", "width": 40, "height": 30}],
         "categories": [{"id": 10, "name": "Blue"}, {"id": 20, "name": "Red"}],
         "annotations": [{"id": 1, "image_id": 7, "category_id": 20, "bbox": [1, 2, 10, 20]},
                         {"id": 2, "image_id": 8, "category_id": 10, "bbox": [6, 2, 10, 20]}]}
        """;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Metrics_and_predictions_are_written_with_the_ids_of_the_annotation_file()
    {
        using var detector = Prepare(out var weights);
        var output = folder.File("new/measured");
        string[] options = ["--score", "0.0001", "--out", output, "--workers", "2"];
        Assert.Equal(0, await DetectorApp.RunAsync(detector, ["eval", "--data", folder.Path, "--weights", weights, .. options]));

        using var metrics = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(output, "metrics.json")));
        Assert.Equal(2, metrics.RootElement.GetProperty("images").GetInt32());
        var classes = metrics.RootElement.GetProperty("classes").EnumerateArray();
        Assert.Equal(["Red", "Blue"], classes.Select(c => c.GetProperty("name").GetString()));
        using var predictions = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(output, "predictions.json")));
        var found = predictions.RootElement.EnumerateArray().ToArray();
        Assert.Equal(metrics.RootElement.GetProperty("detections").GetInt32(), found.Length);
        Assert.NotEmpty(found);
        Assert.All(found, d => Assert.True(d.GetProperty("image_id").GetInt64() is 7 or 8));
        Assert.All(found, d => Assert.True(d.GetProperty("category_id").GetInt64() is 10 or 20));
        var best = found.First(d => d.GetProperty("image_id").GetInt64() == 7);
        var expected = detector.Detect(new RgbImage(40, 30), new DetectOptions { ScoreThreshold = 0.0001 })[0];
        Assert.Equal(expected.Score, best.GetProperty("score").GetSingle());
        Assert.Equal(expected.Class == Tile.Red ? 20 : 10, best.GetProperty("category_id").GetInt64());
        Assert.Equal(
            [expected.Box.X1, expected.Box.Y1, expected.Box.X2 - (double)expected.Box.X1, expected.Box.Y2 - (double)expected.Box.Y1],
            best.GetProperty("bbox").EnumerateArray().Select(v => v.GetDouble()));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_told_before_the_work()
    {
        using var detector = Prepare(out var weights);
        var taken = folder.Write("taken", "a file");
        Assert.Equal(1, await DetectorApp.RunAsync(detector, ["eval", "--data", folder.Path, "--weights", weights, "--out", taken]));
        Assert.Equal("a file", await File.ReadAllTextAsync(taken));
    }

    private TileDetector Prepare(out string weights)
    {
        folder.Write("test.json", Annotations);
        SmallSet.Pictures(folder, "images");
        var detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu });
        weights = folder.File("weights.safetensors");
        detector.Save(weights);
        return detector;
    }
}
