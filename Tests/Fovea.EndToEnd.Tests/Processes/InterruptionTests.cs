using System.Diagnostics;
using Fovea.Checkpoints;
using Fovea.Cuda.Tests.Processes;

namespace Fovea.EndToEnd.Processes;

/// <summary>Signals to a training, as a terminal and a cluster send them.</summary>
public sealed class InterruptionTests : IDisposable
{
    private readonly TempFolder folder = new();

    public InterruptionTests()
    {
        Skip.If(OperatingSystem.IsWindows(), "Signals are POSIX's.");
        TinyData.Write(Data);
    }

    private string Data => folder.File("data");

    public void Dispose() => folder.Dispose();

    [SkippableTheory]
    [InlineData(false, 130)]
    [InlineData(true, 143)]
    public void An_interrupted_training_saves_and_prints_the_line_that_ends_with_the_same_bits(bool terminate, int code)
    {
        using var run = TinyRun.Start(0, Train("run with 'quotes'", "40"));
        run.Until(() => run.Output.Contains("epoch   2/40", StringComparison.Ordinal));
        Signal(run, terminate);
        Assert.Equal(code, run.Wait().Code);
        var line = Assert.Single(run.Errors.Split('\n'), l => l.StartsWith("to go on: ", StringComparison.Ordinal))["to go on: ".Length..];
        Assert.EndsWith("--resume", line, StringComparison.Ordinal);

        using var resumed = Process.Start(new ProcessStartInfo("sh", ["-c", line]) { RedirectStandardOutput = true })!;
        var output = resumed.StandardOutput.ReadToEnd();
        resumed.WaitForExit();
        Assert.Equal(0, resumed.ExitCode);
        Assert.DoesNotContain("epoch   2/40", output, StringComparison.Ordinal);
        using var straight = TinyRun.Complete(Train("straight", "40"));
        Assert.Equal(0, straight.Code);
        Assert.Equal(Weights("straight"), Weights("run with 'quotes'"));
    }

    [SkippableFact]
    public void A_step_of_many_seconds_is_ended_and_saved()
    {
        using var run = TinyRun.Start(0, stepSeconds: 5, Train("slow", "40"));
        run.Until(() => run.Output.Contains("step 1 begins", StringComparison.Ordinal));
        var clock = Stopwatch.StartNew();
        run.Interrupt();
        Assert.Equal(130, run.Wait().Code);
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(3), $"it left after {clock.Elapsed.TotalSeconds} s, in the middle of the step");
        Assert.DoesNotContain("step 2 begins", run.Output, StringComparison.Ordinal);
        Assert.Equal("1", State("slow", "iteration"));
    }

    [SkippableFact]
    public void A_second_interruption_leaves_at_once_with_whole_files()
    {
        using var run = TinyRun.Start(0, stepSeconds: 100, Train("twice", "40"));
        run.Until(() => run.Output.Contains("step 1 begins", StringComparison.Ordinal));
        run.Interrupt();
        run.Until(() => run.Errors.Contains("once more", StringComparison.Ordinal));
        run.Interrupt();
        var clock = Stopwatch.StartNew();
        Assert.Equal(130, run.Wait().Code);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(50), $"it took {clock.Elapsed.TotalSeconds} s");
        Assert.Equal("0", State("twice", "iteration"));
    }

    private static void Signal(TinyRun run, bool terminate)
    {
        if (terminate)
        {
            run.Terminate();
        }
        else
        {
            run.Interrupt();
        }
    }

    private string[] Train(string output, string epochs) => ["train", "--data", Data, "--out", folder.File(output), "--epochs", epochs];

    private string State(string output, string field)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder.File(output), "training.safetensors"));
        return file.Metadata["fovea.training." + field];
    }

    private string Weights(string output) => TinyRun.Hash(Path.Combine(folder.File(output), "TileDetector.safetensors"));
}
