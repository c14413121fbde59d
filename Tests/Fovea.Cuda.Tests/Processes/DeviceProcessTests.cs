using System.Globalization;
using System.Text.RegularExpressions;
using Fovea.Cuda.Checks;
using Fovea.Cuda.Checks.Cudnn;

namespace Fovea.Cuda.Tests.Processes;

/// <summary>
/// The command line as users start it, on a device: a process that finds the simulated GPU's driver and the simulated cuDNN by the
/// environment's variables.
/// </summary>
public sealed partial class DeviceProcessTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fovea-process-").FullName;

    private string Data => Path.Combine(folder, "data");

    private string Cache => Path.Combine(folder, "cache");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableFact]
    public void Training_evaluation_and_detection_on_the_device_agree_with_the_CPU()
    {
        var device = SimulatedDevice();
        var picture = TinyData.Write(Data);
        var start = Path.Combine(folder, "start.safetensors");
        TinyData.WriteCheckpoint(start);

        var (cpu, cuda) = (Train("cpu", Without, start), Train("cuda", device, start));
        Assert.Contains("on cuda (Simulated GPU, Float32, cuDNN 9.10.2)", cuda.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Cache, "cudnn-choices.json")), "no engine of cuDNN was timed and remembered");
        var (expected, actual) = (History("cpu"), History("cuda"));
        Assert.Equal(2, actual.Count);
        foreach (var (e, a) in expected.Zip(actual))
        {
            Near($"epoch {e.Epoch}, classification", e.Classification, a.Classification, 2e-3 * e.Classification);
            Near($"epoch {e.Epoch}, box", e.Box, a.Box, 2e-3 * e.Box);
            Near($"epoch {e.Epoch}, gradient norm", e.GradientNorm, a.GradientNorm, 1e-2 * e.GradientNorm);
        }

        Near("AP after training", Precision(cpu), Precision(cuda), 0.01);

        // From here on both have the same weights.
        var trained = Path.Combine(folder, "cpu", "TileDetector.safetensors");
        string[] evaluation = ["eval", "--data", Data, "--weights", trained];
        AssertSame(Table(Run(Without, "cpu", evaluation)), Table(Run(device, "cuda", evaluation)));
        string[] detection = ["detect", picture, "--weights", trained, "--threshold", "0.05", "--out", Path.Combine(folder, "found.png")];
        AssertSame(Detections(Run(Without, "cpu", detection)), Detections(Run(device, "cuda", detection)));
        Assert.True(new FileInfo(Path.Combine(folder, "found.png")).Length > 0);
    }

    [Fact]
    public void Without_a_driver_CUDA_is_refused_in_one_line_and_auto_takes_the_CPU()
    {
        var refused = TinyProcess.Run(Without, "info", "--device", "cuda");
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        var line = SingleLine(refused.Errors);
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.Contains("--device cpu", line, StringComparison.Ordinal);

        var auto = TinyProcess.Run(Without, "info", "--device", "auto");
        Assert.Equal((0, ""), (auto.Code, auto.Errors));
        Assert.Contains("no CUDA driver", auto.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_driver_without_devices_is_told_in_one_line()
    {
        var environment = new Dictionary<string, string>(SimulatedDevice()) { ["FOVEA_SIMULATED_FAIL"] = "nodevice" };
        var refused = TinyProcess.Run(environment, "info", "--device", "cuda");
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.StartsWith("error: ", SingleLine(refused.Errors), StringComparison.Ordinal);
    }

    /// <summary>A machine whose driver is not where the variable says.</summary>
    private Dictionary<string, string> Without => new() { ["FOVEA_CUDA_LIBRARY"] = Path.Combine(folder, "none", "libcuda.so.1") };

    /// <summary>A machine with a GPU and cuDNN, both simulated.</summary>
    private Dictionary<string, string> SimulatedDevice()
    {
        Skip.If(NativeBuild.Obstacle is not null, NativeBuild.Obstacle);
        Skip.IfNot(OperatingSystem.IsLinux(), "The simulated GPU is a Linux library.");
        var cudnn = Directory.CreateDirectory(Path.Combine(folder, "cudnn")).FullName;
        var unavailable = CudnnSimulator.Compile(cudnn);
        Skip.IfNot(unavailable.Length == 0, unavailable);
        return new Dictionary<string, string>
        {
            ["FOVEA_CUDA_LIBRARY"] = SimulatedGpu.BuildLibrary(),
            ["FOVEA_SIMULATED_KERNELS"] = KernelLibraries.Folder,
            ["FOVEA_CUDNN"] = cudnn,
            ["FOVEA_CACHE"] = Cache,
        };
    }

    private TinyProcess Train(string device, IReadOnlyDictionary<string, string> environment, string weights) => Run(
        environment, device, "train", "--data", Data, "--out", Path.Combine(folder, device), "--epochs", "2", "--weights", weights);

    private static TinyProcess Run(IReadOnlyDictionary<string, string> environment, string device, params string[] command)
    {
        var run = TinyProcess.Run(environment, [.. command, "--device", device, "--precision", "Float32"]);
        Assert.True(run.Code == 0, $"{command[0]} on {device} ended with {run.Code}:\n{run.Output}\n{run.Errors}");
        return run;
    }

    private IReadOnlyList<EpochRecord> History(string device) =>
        TrainingHistory.Parse(File.ReadAllText(Path.Combine(folder, device, "history.jsonl"))).Epochs;

    /// <summary>AP of the closing line.</summary>
    private static double Precision(TinyProcess run) => Number(ClosingLine().Match(run.Output).Groups[1].Value);

    /// <summary>The evaluation's row of all classes: AP and the like in percent, then how many objects and detections.</summary>
    private static double[] Table(TinyProcess run) =>
        [.. Figure().Matches(AllClasses().Match(run.Output).Value).Select(match => Number(match.Value))];

    private static void AssertSame(double[] expected, double[] actual)
    {
        Assert.True(expected.Length > 8 && expected[^1] > 5, $"found {string.Join(' ', expected)}");
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Near("the evaluation's table", pair.First, pair.Second, 1));
    }

    private static List<Detection> Detections(TinyProcess run) => [.. DetectionLine().Matches(run.Output).Select(match => new Detection(
        match.Groups["class"].Value, Number(match.Groups["score"].Value),
        [.. match.Groups["box"].Value.Split(", ").Select(Number)]))];

    /// <summary>Each detection has its like: what scores the same to the last printed digit may come in another order.</summary>
    private static void AssertSame(List<Detection> expected, List<Detection> actual)
    {
        Assert.True(expected.Count > 5, $"{expected.Count} detections");
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected, one => Assert.Contains(actual, one.IsLike));
        Assert.All(actual, one => Assert.Contains(expected, one.IsLike));
    }

    private static string SingleLine(string text) => Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    private static void Near(string name, double expected, double actual, double tolerance) => Assert.True(
        Math.Abs(expected - actual) <= tolerance, $"{name}: expected {expected}, actual {actual}, tolerance {tolerance}");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"AP ([\d.]+) AP50 [\d.]+ seconds [\d.]+\s*$")]
    private static partial Regex ClosingLine();

    [GeneratedRegex("^all classes .*$", RegexOptions.Multiline)]
    private static partial Regex AllClasses();

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Figure();

    [GeneratedRegex(@"^  (?<class>\w+) +(?<score>[\d.]+)  \[(?<box>[^\]]+)\]", RegexOptions.Multiline)]
    private static partial Regex DetectionLine();

    /// <summary>As printed: three digits of the score, tenths of a pixel.</summary>
    private sealed record Detection(string Class, double Score, double[] Box)
    {
        public bool IsLike(Detection other) => Class == other.Class && Math.Abs(Score - other.Score) < 0.0021
            && Box.Zip(other.Box).All(pair => Math.Abs(pair.First - pair.Second) < 0.21);
    }
}
