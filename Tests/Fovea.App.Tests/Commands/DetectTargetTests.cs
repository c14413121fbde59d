using Fovea.App.Commands;
using Fovea.Tiny;

namespace Fovea.Tests.App.Commands;

/// <summary>Where <c>detect</c> draws: each picture in a file of its own, and never over a picture.</summary>
public sealed class DetectTargetTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Pictures_of_one_name_are_not_drawn_in_one_file()
    {
        AssertRefused("found", "a/1.jpg", "b/1.jpg");
        AssertRefused(null, "x.jpg", "x.png");
        AssertRefused(null, "x.jpg", "./x.jpg");
        Assert.Equal(
            [Path.Combine("found", "1.detections.png"), Path.Combine("found", "2.detections.png")],
            DetectCommand.WithTargets([new FileInfo("a/1.jpg"), new FileInfo("b/2.jpg")], "found").Select(p => p.Target));
        Assert.Equal(
            [folder.File("a/1.detections.png"), folder.File("b/1.detections.png")],
            DetectCommand.WithTargets([new FileInfo(folder.File("a/1.jpg")), new FileInfo(folder.File("b/1.jpg"))], null)
                .Select(p => p.Target));
    }

    [Fact]
    public void A_picture_is_not_drawn_over()
    {
        Assert.Contains("itself one of the pictures", Refusal("x.png", "x.png"), StringComparison.Ordinal);
        Assert.Contains("itself one of the pictures", Refusal(null, "x.jpg", "x.detections.png"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_comes_before_anything_is_drawn()
    {
        using var detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu });
        detector.Save(folder.File("weights.safetensors"));
        foreach (var name in new[] { "a/1.png", "b/1.png" })
        {
            ImageFile.SavePng(new RgbImage(64, 64), folder.File(name));
        }

        string[] Line(params string[] images) =>
            ["detect", .. images.Select(folder.File), "--weights", folder.File("weights.safetensors"), "--out", folder.File("found")];
        Assert.Equal(1, await DetectorApp.RunAsync(detector, Line("a/1.png", "b/1.png")));
        Assert.False(Directory.Exists(folder.File("found")));
        Assert.Equal(0, await DetectorApp.RunAsync(detector, Line("a/1.png")));
        Assert.True(File.Exists(folder.File("found/1.detections.png")));
    }

    private static void AssertRefused(string? output, string first, string second)
    {
        var message = Refusal(output, first, second);
        Assert.Contains($"{first} and {second} would both be drawn in ", message, StringComparison.Ordinal);
    }

    private static string Refusal(string? output, params string[] images) => Assert.Throws<ArgumentException>(
        () => DetectCommand.WithTargets([.. images.Select(i => new FileInfo(i))], output)).Message;
}
