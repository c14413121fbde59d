using System.Text.Json;
using Fovea.Tiny;

namespace Fovea.Tests.App.Detecting;

/// <summary>The files that <c>detect</c> leaves.</summary>
public sealed class DetectFilesTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly TileDetector detector = TileDetector.Create(seed: 3, new DetectorOptions { Device = Device.Cpu, Threads = 1 });

    public DetectFilesTests()
    {
        const string Bias = "head.classification_head.cls_logits.bias";
        detector.WriteTensor(Bias, new float[detector.ReadTensor(Bias).Length]);
        detector.Save(folder.File("weights.safetensors"));
        foreach (var name in new[] { "pictures/a/1.png", "pictures/b/1.png", "pictures/c.png" })
        {
            ImageFile.SavePng(new RgbImage(64, 48), folder.File(name));
        }
    }

    public void Dispose()
    {
        detector.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_picture_that_cannot_be_read_costs_itself_alone()
    {
        folder.Write("pictures/b/0.png", "no picture");
        Assert.Equal(1, await Detect("--recursive", "--save", "coco,csv", "--save", "yolo", "--score", "0.1", "--max", "2"));
        Assert.Equal(
            [
                "a/1.detections.png", "b/1.detections.png", "c.detections.png", "classes.txt", "detections.csv", "detections.json",
                "labels/a/1.txt", "labels/b/1.txt", "labels/c.txt",
            ],
            Written("found"));
        var rows = File.ReadAllLines(folder.File("found/detections.csv"));
        Assert.Equal(["a/1.png", "a/1.png", "b/1.png", "b/1.png", "c.png", "c.png"], rows.Skip(1).Select(r => r.Split(',')[0]));
        using var json = JsonDocument.Parse(File.ReadAllText(folder.File("found/detections.json")));

        // Numbers count all pictures, so that one that cannot be read moves none of the others.
        Assert.Equal([1, 1, 3, 3, 4, 4], json.RootElement.EnumerateArray().Select(d => d.GetProperty("image_id").GetInt32()));
    }

    [Fact]
    public async Task Nothing_is_drawn_or_written_where_that_is_said()
    {
        Assert.Equal(0, await Detect("--recursive", "--no-draw"));
        Assert.False(Directory.Exists(folder.File("found")));
        Assert.Equal(0, await Detect("--no-draw", "--save", "csv"));
        Assert.Equal(["detections.csv"], Written("found"));
    }

    [Fact]
    public async Task Pictures_stay_as_they_are()
    {
        var before = Written("pictures");
        Assert.Equal(0, await Detect("--recursive"));
        Assert.Equal(before, Written("pictures"));
    }

    [Fact]
    public async Task A_list_names_pictures()
    {
        var list = folder.Write("list.txt", $"{folder.File("pictures/a/1.png")}\r\n\n{folder.File("pictures/c.png")}\n");
        Assert.Equal(0, await DetectorApp.RunAsync(
            detector, ["detect", "--list", list, "--weights", folder.File("weights.safetensors"), "--out", folder.File("found")]));
        Assert.Equal(["1.detections.png", "c.detections.png"], Written("found"));
    }

    [Fact]
    public async Task A_list_without_lines_has_results_without_objects()
    {
        Assert.Equal(0, await Detect("--save", "coco,csv,yolo", "--score", "0.1"));
        Assert.NotEqual("[]", File.ReadAllText(folder.File("found/detections.json")));
        Assert.Equal(0, await DetectorApp.RunAsync(
            detector,
            [
                "detect", "--list", folder.Write("list.txt", "\n"), "--weights", folder.File("weights.safetensors"), "--out",
                folder.File("found"), "--save", "coco,csv",
            ]));
        Assert.Equal("[]", File.ReadAllText(folder.File("found/detections.json")));
        Assert.Single(File.ReadAllLines(folder.File("found/detections.csv")));
    }

    [Fact]
    public async Task Pictures_that_are_drawn_among_their_own_are_drawn_again_and_no_more()
    {
        string[] again = ["--recursive", "--out", folder.File("pictures")];
        string[] command = ["detect", folder.File("pictures"), "--weights", folder.File("weights.safetensors"), .. again];
        Assert.Equal(0, await DetectorApp.RunAsync(detector, command));
        var once = Written("pictures");
        Assert.Equal(6, once.Length);
        Assert.Equal(0, await DetectorApp.RunAsync(detector, command));
        Assert.Equal(once, Written("pictures"));
    }

    [Fact]
    public async Task Large_pictures_are_detected_in_tiles_where_that_is_said()
    {
        ImageFile.SavePng(new RgbImage(300, 200), folder.File("pictures/large.png"));
        Assert.Equal(0, await Detect("--save", "csv", "--score", "0.1", "--no-draw"));
        var without = File.ReadAllLines(folder.File("found/detections.csv"));
        foreach (var flags in (string[][])[["--tiles"], ["--tile-size", "64x48"], ["--tile-overlap", "0.3"]])
        {
            Assert.Equal(0, await Detect(["--save", "csv", "--score", "0.1", "--no-draw", .. flags]));
            Assert.True(File.ReadAllLines(folder.File("found/detections.csv")).Length > 2 * without.Length, string.Join(' ', flags));
        }

        // More than the declared room of one tile.
        Assert.Equal(0, await Detect("--tiles", "--max", "150", "--save", "csv", "--score", "0.1", "--no-draw"));
        Assert.Equal(150, File.ReadAllLines(folder.File("found/detections.csv")).Count(r => r.StartsWith("large.png", StringComparison.Ordinal)));
        Assert.Equal(1, await Detect("--tile-size", "64", "--no-draw"));
        Assert.Equal(1, await Detect("--tile-size", "0x64", "--no-draw"));
        Assert.Equal(1, await Detect("--tile-overlap", "0.6", "--no-draw"));
        Assert.Equal(1, await Detect("--tiles", "--max", "0", "--no-draw"));
    }

    [Fact]
    public async Task A_form_that_is_not_known_is_an_error_of_usage()
    {
        Assert.Equal(2, await Detect("--save", "coc"));
        Assert.Equal(2, await DetectorApp.RunAsync(detector, ["detect", "--weights", folder.File("weights.safetensors")]));
        Assert.Equal(2, await DetectorApp.RunAsync(detector, ["detect", "-", "--list", "-", "--weights", "w"]));
        Assert.False(Directory.Exists(folder.File("found")));
    }

    private Task<int> Detect(params string[] flags) => DetectorApp.RunAsync(
        detector,
        ["detect", folder.File("pictures"), "--weights", folder.File("weights.safetensors"), "--out", folder.File("found"), .. flags]);

    private string[] Written(string name) => [.. Directory.GetFiles(folder.File(name), "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(folder.File(name), f).Replace('\\', '/')).Order(StringComparer.Ordinal)];
}
