using System.Globalization;
using Fovea.App.Verification;
using Fovea.Tests.Onnx;

namespace Fovea.Tests.App.Verification;

/// <summary><c>verify --torch</c> with Debian's torchvision.</summary>
public sealed class VerifyTests : IDisposable
{
    private const string Python3 = "/usr/bin/python3";
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names => [nameof(FirstDetector), nameof(SecondDetector), nameof(NarrowDetector), nameof(OneLevelDetector)];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Torchvision_computes_the_same(string name)
    {
        Python.Require("torchvision");
        using var detector = RandomWeights.Fill(Make(name), 11);
        var picture = VerifiedPicture.Of(detector.Description, Photo(211, 143));
        var rule = detector.Description.PostProcessing;
        var job = new TorchJob(detector, picture, rule);
        var result = job.Write(folder.File("check.py"));
        await PythonRun.RunAsync(Python3, [folder.File("check.py")], CancellationToken.None);
        var theirs = new TorchResult(result, job.Id);
        var comparison = new Comparison(detector, picture, rule, new OurRun(detector, picture, new()), theirs);
        Assert.All(comparison.Parts, p => Assert.True(p.Agrees, $"{p}"));
        Assert.True(comparison.Agrees, string.Join('\n', comparison.Detections.Lonely));
        Assert.Equal(4 + detector.Description.Anchors.Length + 1, comparison.Parts.Count);
        Assert.True(comparison.Detections.Pairs >= 10, $"only {comparison.Detections.Pairs} detections to compare");
        Assert.InRange(comparison.Detections.OnTheEdge, 0, comparison.Detections.Pairs / 50);
        Assert.StartsWith("torchvision 0.", theirs.Versions, StringComparison.Ordinal);

        // A weight that is another is found, and where it is felt first.
        var key = $"backbone.fpn.layer_blocks.0.0.bias";
        var bias = detector.ReadTensor(key);
        bias[1] += 0.01f;
        detector.WriteTensor(key, bias);
        comparison = new Comparison(detector, picture, rule, new OurRun(detector, picture, new()), theirs);
        Assert.False(comparison.Agrees);
        var first = comparison.Parts.First(p => !p.Agrees);
        Assert.Equal(FormattableString.Invariant($"P{detector.Description.MinLevel}"), first.Name);
        Assert.StartsWith("channel 1, ", first.Place, StringComparison.Ordinal);
        Assert.InRange(first.Difference, 0.0099, 0.0101);
        Assert.Throws<InvalidDataException>(() => new TorchResult(result, new TorchJob(detector, picture, rule).Id));
    }

    [SkippableFact]
    public async Task A_picture_that_torchvision_resizes_otherwise_is_told_with_the_reason()
    {
        Python.Require("torchvision");
        using var detector = LaterDetector.Create();
        var resize = detector.Description.Resize!;
        var width = Enumerable.Range(130, 200).First(w =>
            CanvasFitter.ResizedSize(w, 130, resize) is var now && CanvasFitter.ResizedSize(w, 130, resize with { Rule = ResizeRule.TorchVision014 }) is var old
            && now != old);
        Assert.Equal(1, await DetectorApp.RunAsync(detector, ["verify", "--torch", Photo(width, 130), "--python", Python3]));
        var picture = VerifiedPicture.Of(detector.Description, Photo(width, 130));
        var job = new TorchJob(detector, picture, detector.Description.PostProcessing);
        var result = job.Write(folder.File("check.py"));
        await PythonRun.RunAsync(Python3, [folder.File("check.py")], CancellationToken.None);
        var comparison = new Comparison(
            detector, picture, detector.Description.PostProcessing, new OurRun(detector, picture, new()), new TorchResult(result, job.Id));
        Assert.Contains($"ours is resized to {picture.Placement.Height}x{picture.Placement.Width}, ", comparison.Parts[0].Place, StringComparison.Ordinal);
        Assert.Contains("the declared rule is TorchVision;", comparison.Parts[0].Place, StringComparison.Ordinal);
        Assert.False(comparison.Parts[0].Agrees);
    }

    [SkippableFact]
    public async Task A_script_runs_elsewhere_and_its_result_is_read_later()
    {
        Python.Require("torchvision");
        using var detector = RandomWeights.Fill(OneLevelDetector.Create(), 5);
        detector.Save(folder.File("w.safetensors"));
        string[] line = ["verify", "--torch", "--weights", folder.File("w.safetensors"), "--score", "0.1"];
        Assert.Equal(0, await DetectorApp.RunAsync(detector, [.. line, "--script-only", folder.File("a/check.py")]));
        Assert.Equal(["check.pth", "check.py", "check.rgb"], Directory.GetFiles(folder.File("a")).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        // Somewhere else, under another name of the folder.
        Directory.Move(folder.File("a"), folder.File("b"));
        await PythonRun.RunAsync(Python3, [folder.File("b/check.py")], CancellationToken.None);
        string[] read = ["--read", folder.File("b/check.safetensors")];
        Assert.Equal(0, await DetectorApp.RunAsync(detector, [.. line, .. read]));
        Assert.Equal(0, await DetectorApp.RunAsync(detector, [.. line, .. read, "--json"]));
        Assert.Equal(1, await DetectorApp.RunAsync(detector, [.. line[..^1], "0.2", .. read]));
        Assert.Equal(1, await DetectorApp.RunAsync(detector, [.. line, .. read, "--script-only", folder.File("c.py")]));

        // Weights that are not the script's are told by the script itself.
        File.WriteAllText(folder.File("b/check.pth"), "other");
        var problem = await Assert.ThrowsAsync<IOException>(() => PythonRun.RunAsync(Python3, [folder.File("b/check.py")], CancellationToken.None));
        Assert.Contains("check.pth is not the file that belongs to this script", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_torchvision_cannot_build_is_told()
    {
        using var detector = OtherDetector.Create();
        var problem = Assert.Throws<ArgumentException>(() => new TorchDeclaration(detector)).Message;
        foreach (var part in (string[])["torchvision cannot build OtherDetector", "blue first, 0 to 255", "not rounded", "2^level", "by size", "Preset.Detectron2"])
        {
            Assert.Contains(part, problem, StringComparison.Ordinal);
        }

        Assert.Equal(1, await DetectorApp.RunAsync(detector, ["verify", "--torch"]));
    }

    [Fact]
    public async Task A_python_that_is_missing_or_without_torchvision_is_told()
    {
        var missing = await Assert.ThrowsAsync<IOException>(() => PythonRun.RunAsync("no-such-python", ["x.py"], CancellationToken.None));
        Assert.Contains("--python PATH names another", missing.Message, StringComparison.Ordinal);
        using var detector = OneLevelDetector.Create();
        Assert.Equal(1, await DetectorApp.RunAsync(detector, ["verify", "--torch", "--python", "no-such-python"]));
        Assert.Equal(2, await DetectorApp.RunAsync(detector, ["verify"]));
        Assert.Equal(2, await DetectorApp.RunAsync(detector, ["verify", "--torch", "a.jpg", "b.jpg"]));
    }

    [Fact]
    public void Detections_are_paired_by_class_and_nearness()
    {
        var rule = new PostProcessingRule(2, ScoreThreshold: 0.05f, MaxDetections: 4);
        RawDetection a = new(0, 0.9f, new(10, 10, 50, 50)), b = new(1, 0.8f, new(60, 60, 90, 95)), edge = new(0, 0.0502f, new(1, 1, 5, 5));
        var same = new DetectionPairs([b, a], [a with { Score = 0.9001f }, b with { Box = new(60, 60.01f, 90, 95) }, edge], rule, 100);
        Assert.True(same.Agrees);
        Assert.Equal((2, 1), (same.Pairs, same.OnTheEdge));
        Assert.InRange(same.Scores.Difference, 0.00009, 0.00011);
        Assert.InRange(same.Boxes.Relative, 0.00009, 0.00011);
        Assert.False(new DetectionPairs([a], [a with { Channel = 1 }], rule, 100).Agrees);
        Assert.False(new DetectionPairs([a], [a, b], rule, 100).Agrees);

        // IoU 0.5: whether it goes is rounding's choice, and with it what it suppresses.
        RawDetection half = new(0, 0.7f, new(10, 10, 50, 30)), third = new(0, 0.6f, new(10, 10, 50, 25));
        var torn = new DetectionPairs([a, half], [a, third], rule, 100);
        Assert.Equal((1, 2, true), (torn.Pairs, torn.OnTheEdge, torn.Agrees));
        Assert.False(new DetectionPairs([a], [a, third], rule, 100).Agrees);
        Assert.False(new DetectionPairs([a, a], [a], rule, 100).Agrees);
        Assert.False(new DetectionPairs([a], [a with { Box = new(10, 10, 50, 50.5f) }], rule, 100) is { Agrees: true, Boxes.Agrees: true });
    }

    private static Detector<Mark> Make(string name) => name switch
    {
        nameof(FirstDetector) => FirstDetector.Create(),
        nameof(SecondDetector) => SecondDetector.Create(),
        nameof(NarrowDetector) => NarrowDetector.Create(),
        _ => OneLevelDetector.Create(),
    };

    private string Photo(int width, int height)
    {
        var path = folder.File(string.Create(CultureInfo.InvariantCulture, $"{width}x{height}.png"));
        ImageFile.SavePng(Pictures.Make(width, height, 3), path);
        return path;
    }
}
