using Fovea.Cuda.Tests.Processes;

namespace Fovea.EndToEnd.Processes;

/// <summary>A folder that has a run is not mixed with another one.</summary>
public sealed class GuardTests : IDisposable
{
    private readonly TempFolder folder = new();

    public GuardTests() => TinyData.Write(folder.File("data"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_run_is_resumed_or_overwritten_only_when_asked()
    {
        Refused("there is no run to resume", "--resume");

        // There is nothing to replace yet, which is no error.
        Done("epoch   2/2", "--epochs", "2", "--overwrite");
        var first = Weights();
        Refused("--overwrite", "--epochs", "2");
        Refused("--weights", "--resume", "--weights", Path.Combine(folder.File("out"), "TileDetector.safetensors"));
        Refused("give one of them", "--resume", "--overwrite");
        Refused("Seed", "--resume", "--epochs", "2", "--seed", "7");
        Refused("Epochs: 1 now, 2 in the file", "--resume", "--epochs", "1");
        Assert.Equal(first, Weights());

        // A finished run is given more epochs.
        var output = Done("epoch   4/4", "--resume", "--epochs", "4");
        Assert.DoesNotContain("epoch   2/4", output, StringComparison.Ordinal);
        Assert.NotEqual(first, Weights());
        Assert.Equal(4, File.ReadAllLines(Path.Combine(folder.File("out"), "history.jsonl")).Length);

        // What cannot begin replaces nothing.
        Refused("LoaderThreads", "--overwrite", "--workers", "0");
        Refused("Mosaic", "--overwrite", "--mosaic", "2");
        Assert.True(File.Exists(Path.Combine(folder.File("out"), "TileDetector.safetensors")));

        Done("epoch   2/2", "--overwrite", "--epochs", "2");
        Assert.Equal(first, Weights());
        Assert.Equal(2, File.ReadAllLines(Path.Combine(folder.File("out"), "history.jsonl")).Length);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_told_before_the_first_step()
    {
        folder.Write("out", "a file where the folder should be");
        using var run = TinyRun.Start(0, stepSeconds: 100, Train("--epochs", "2"));
        Assert.Equal(1, run.Wait().Code);
        Assert.Contains("could not be saved", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("step 1 begins", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_beyond_all_numbers_diverges_says_where_and_is_replayed()
    {
        using var run = TinyRun.Complete(Train("--epochs", "9", "--lr", "1e30"));
        Assert.Equal(1, run.Code);
        Assert.Contains("First not finite: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("Images of the batch: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains(" --on-divergence rollback --resume", run.Errors, StringComparison.Ordinal);
        var dump = Path.Combine(folder.File("out"), "divergence");
        using var replay = TinyRun.Complete("replay", dump);
        Assert.True(replay.Code == 0, replay.Errors);
        Assert.Contains("first not finite: ", replay.Output, StringComparison.Ordinal);

        // Nothing of the run that is replaced stays.
        Done("epoch   1/1", "--epochs", "1", "--overwrite");
        Assert.False(Directory.Exists(dump));
    }

    private string[] Train(params string[] options) => ["train", "--data", folder.File("data"), "--out", folder.File("out"), .. options];

    private string Done(string expected, params string[] options)
    {
        using var run = TinyRun.Complete(Train(options));
        Assert.True(run.Code == 0, run.Errors);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
        return run.Output;
    }

    private void Refused(string expected, params string[] options)
    {
        using var run = TinyRun.Complete(Train(options));
        Assert.Equal(1, run.Code);
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
    }

    private string Weights() => TinyRun.Hash(Path.Combine(folder.File("out"), "TileDetector.safetensors"));
}
