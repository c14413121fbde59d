using System.Text;
using System.Text.Json;
using Fovea.Cuda.Tests.Processes;

namespace Fovea.EndToEnd.Processes;

/// <summary><c>detect</c> over folders, patterns and the input stream, with pictures that cannot be read among them.</summary>
public sealed class DetectTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly string picture;

    public DetectTests()
    {
        picture = TinyData.Write(folder.File("data"));
        TinyData.WriteCheckpoint(Weights);
    }

    private string Weights => folder.File("tiles.safetensors");

    private string Pictures => folder.File("data/images");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_bad_file_is_told_at_the_end_and_costs_itself_alone()
    {
        var bad = folder.Write("data/images/train/000002x.png", "no picture");
        using var run = Detect(Pictures, "--recursive", "--save", "coco");
        Assert.Equal(1, run.Code);
        Assert.Contains("6 of 7 pictures", run.Output, StringComparison.Ordinal);
        var errors = run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("error: nothing came of 1 of 7:", errors[0]);
        Assert.StartsWith($"  {bad}: expected a picture", errors[1], StringComparison.Ordinal);
        var told = Told(run);
        Assert.Equal(told.Order(StringComparer.Ordinal), told);
        Assert.Equal(6, Directory.GetFiles(folder.File("found"), "*.detections.png", SearchOption.AllDirectories).Length);
        Assert.True(File.Exists(folder.File("found/detections.json")));
        Assert.Empty(Directory.GetFiles(Pictures, "*detections*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_quoted_pattern_and_json_go_together()
    {
        using var run = Detect(Path.Combine(Pictures, "**/*.png"), "--no-draw", "--json");
        Assert.True(run.Code == 0, run.Errors);
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        Assert.All(lines, line =>
        {
            using var json = JsonDocument.Parse(line);
            Assert.Equal(64, json.RootElement.GetProperty("width").GetInt32());
            Assert.NotEqual(0, json.RootElement.GetProperty("detections").GetArrayLength());
        });
        Assert.False(Directory.Exists(folder.File("found")));
    }

    [Fact]
    public void The_input_stream_takes_a_picture_or_names()
    {
        using var content = TinyRun.CompleteWith(File.ReadAllBytes(picture), Line("-"));
        Assert.True(content.Code == 0, content.Errors);
        Assert.True(File.Exists(folder.File("found/stdin.detections.png")));
        using var file = Detect(picture);
        Assert.Equal(Found(file), Found(content));

        using var names = TinyRun.CompleteWith(Encoding.UTF8.GetBytes($"{picture}\n{picture}.none\n"), Line("--list", "-"));
        Assert.Equal(1, names.Code);
        Assert.Equal(Found(file), Found(names));
        Assert.Contains($"{picture}.none: expected a picture", names.Errors, StringComparison.Ordinal);

        using var nothing = TinyRun.CompleteWith([], Line("-"));
        Assert.Equal(1, nothing.Code);
        Assert.StartsWith("error: stdin: expected a picture", nothing.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_was_detected_before_an_interruption_is_whole()
    {
        Skip.If(OperatingSystem.IsWindows(), "Signals are POSIX's.");
        for (var i = 0; i < 3000; i++)
        {
            Directory.CreateDirectory(folder.File("many"));
            File.Copy(picture, folder.File($"many/{i:D4}.png"));
        }

        using var run = TinyRun.Start(0, Line(folder.File("many"), "--save", "coco,yolo", "--score", "0.01"));
        run.Until(() => run.Output.Contains("0005.png", StringComparison.Ordinal));
        run.Interrupt();
        Assert.Equal(130, run.Wait().Code);
        using var json = JsonDocument.Parse(File.ReadAllText(folder.File("found/detections.json")));
        var written = json.RootElement.EnumerateArray().Select(d => d.GetProperty("file_name").GetString()!).Distinct().ToArray();
        Assert.Equal(Told(run).Select(Path.GetFileName), written);
        Assert.InRange(written.Length, 6, 2999);
        Assert.Equal(written.Length, Directory.GetFiles(folder.File("found"), "*.detections.png").Length);
        Assert.Equal(written.Length, Directory.GetFiles(folder.File("found/labels")).Length);
        Assert.Empty(Directory.GetFiles(folder.File("found"), "*.partial", SearchOption.AllDirectories));
    }

    private TinyRun Detect(params string[] arguments) => TinyRun.Complete(Line(arguments));

    private string[] Line(params string[] arguments) => ["detect", .. arguments, "--weights", Weights, "--out", folder.File("found")];

    /// <summary>The pictures that have a line.</summary>
    private static string[] Told(TinyRun run) => [.. run.Output.Split('\n')
        .Where(l => l.Contains(" objects  ", StringComparison.Ordinal)).Select(l => l.Split("  ")[0])];

    private static string[] Found(TinyRun run) => [.. run.Output.Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal))];
}
