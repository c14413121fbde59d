using System.Diagnostics;
using System.Globalization;
using Fovea.Cuda.Tests.Processes;
using Xunit.Abstractions;

namespace Fovea.EndToEnd.Processes;

/// <summary>A process that is killed at random moments, also within a save, and goes on each time, ends as one that never was.</summary>
public sealed class KillTests(ITestOutputHelper log) : IDisposable
{
    private const int Kills = 50;
    private const int Epochs = 15;
    private readonly TempFolder folder = new();

    private string Data => folder.File("data");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Fifty_kills_change_no_bit()
    {
        TinyData.Write(Data);
        using var straight = TinyRun.Start(2, Train("straight", 1));
        straight.Until(() => File.Exists(Path.Combine(folder.File("straight"), "training.safetensors")));
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, straight.Wait().Code);
        var (expected, course) = (Hashes("straight"), clock.Elapsed);

        // A lane for one thread and a lane for two; loader threads change from process to process.
        var (seed, left) = (Environment.TickCount, Kills);
        log.WriteLine($"seed {seed}, a run takes {course.TotalSeconds:F2} s");
        var runs = 0;
        Parallel.ForEach([1, 2], lane =>
        {
            var random = new Random(seed + lane);
            while (Volatile.Read(ref left) > 0)
            {
                using var process = StartOrResume(lane, random.Next(1, 4));
                var early = random.Next(8) == 0;
                if (!early)
                {
                    var state = new FileInfo(State(lane));
                    process.UntilOrExit(() => HasBegun(state.FullName, process));
                }

                if (!process.Ends(TimeSpan.FromMilliseconds(random.NextDouble() * (early ? 400 : course.TotalMilliseconds))))
                {
                    process.Kill();
                    Interlocked.Decrement(ref left);
                    continue;
                }

                Complete(process, lane, expected);
                Interlocked.Increment(ref runs);
            }

            using var last = StartOrResume(lane, 1);
            Complete(last.Wait(), lane, expected);
        });
        log.WriteLine($"{Kills} kills, {runs + 2} runs");
    }

    private void Complete(TinyRun process, int lane, string expected)
    {
        Assert.True(process.Code == 0, $"ended with {process.Code}:\n{process.Output}\n{process.Errors}");
        Assert.Equal(expected, Hashes(Lane(lane)));
        Directory.Delete(folder.File(Lane(lane)), recursive: true);
    }

    /// <summary>As a person does: goes on where there is something to go on with, else begins.</summary>
    private TinyRun StartOrResume(int lane, int loaderThreads)
    {
        string[] train = Train(Lane(lane), loaderThreads);
        return TinyRun.Start(lane, File.Exists(State(lane)) ? [.. train, "--resume"] : train);
    }

    private static bool HasBegun(string state, TinyRun process) =>
        File.Exists(state) && process.Output.Contains(" epochs, batches of ", StringComparison.Ordinal);

    /// <summary>One file: a part of its pictures is evaluated after each epoch, with averages and estimated norm statistics.</summary>
    private string[] Train(string output, int loaderThreads) =>
    [
        "train", "--data", Path.Combine(Data, "train.json"), "--out", folder.File(output),
        "--epochs", Epochs.ToString(CultureInfo.InvariantCulture),
        "--no-plots", "--checkpoint-steps", "1", "--workers", loaderThreads.ToString(CultureInfo.InvariantCulture),
        "--ema", "0.9", "--accumulate", "2", "--norm-batches", "2",
    ];

    private static string Lane(int lane) => $"lane{lane}";

    private string State(int lane) => Path.Combine(folder.File(Lane(lane)), "training.safetensors");

    /// <summary>Of the weights, and of the weights with what the last save and the best epoch say of them.</summary>
    private string Hashes(string output) => string.Join(
        ' ', new[] { "TileDetector.safetensors", "last.safetensors", "best.safetensors" }.Select(name => TinyRun.Hash(Path.Combine(folder.File(output), name))));
}
