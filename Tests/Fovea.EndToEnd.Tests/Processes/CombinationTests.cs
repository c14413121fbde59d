using Fovea.Cuda.Tests.Processes;

namespace Fovea.EndToEnd.Processes;

/// <summary>Options that would do nothing are refused, and a split that is not there is told with those that are.</summary>
public sealed class CombinationTests : IDisposable
{
    private readonly TempFolder folder = new();

    public CombinationTests() => TinyData.Write(folder.File("data"));

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--out, --json, --headers-only, --no-flip, --mosaic would have no effect: --suggest measures",
        "--suggest", "--json", "--out", "look", "--headers-only", "--no-flip", "--mosaic", "0.5")]
    [InlineData("--minutes, --device would have no effect: they say how --suggest measures", "--minutes", "5", "--device", "cpu")]
    [InlineData("--sampling, --color would have no effect: they vary the sample pictures",
        "--sampling", "Uniform", "--color", "0.1", "--no-flip")]
    public void What_would_have_no_effect_is_refused_in_one_line(string expected, params string[] options)
    {
        using var run = TinyRun.Complete(["data", "--data", folder.File("data"), .. options]);
        Assert.Equal(1, run.Code);
        Assert.StartsWith($"error: {expected}", Assert.Single(Lines(run.Errors)), StringComparison.Ordinal);
        Assert.Empty(Lines(run.Output));
    }

    [Fact]
    public void Loading_threads_and_memory_are_options_of_training_alone()
    {
        using var run = TinyRun.Complete("data", "--data", folder.File("data"), "--workers", "2");
        Assert.Equal(2, run.Code);
        Assert.Contains("--workers", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_suggestion_measures_on_the_device_that_is_named()
    {
        using var run = TinyRun.Complete("data", "--data", folder.File("data"), "--suggest", "--minutes", "5", "--device", "cpu");
        Assert.True(run.Code == 0, run.Errors);
        Assert.Contains("on cpu (", run.Output, StringComparison.Ordinal);
        using var refused = TinyRun.Complete("data", "--data", folder.File("data"), "--suggest", "--device", "tpu");
        Assert.Equal(1, refused.Code);
        Assert.Contains("tpu", Assert.Single(Lines(refused.Errors)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_evaluation_takes_val_where_there_is_no_test_and_says_so()
    {
        var weights = folder.File("tiles.safetensors");
        TinyData.WriteCheckpoint(weights);
        string[] line = ["eval", "--data", folder.File("data/train.json"), "--weights", weights];
        using var usual = TinyRun.Complete(line);
        Assert.True(usual.Code == 0, usual.Errors);
        Assert.StartsWith(
            "warning: there is no split \"test\": what is measured is \"val\"", Assert.Single(Lines(usual.Errors)),
            StringComparison.Ordinal);
        using var named = TinyRun.Complete([.. line, "--split", "val"]);
        Assert.Empty(Lines(named.Errors));
        Assert.Equal(Table(usual), Table(named));
        using var missing = TinyRun.Complete([.. line, "--split", "test"]);
        Assert.Equal(1, missing.Code);
        Assert.Contains("found none in COCO with train, val (a fifth", missing.Errors, StringComparison.Ordinal);
    }

    private static string Table(TinyRun run) =>
        Assert.Single(Lines(run.Output), l => l.StartsWith("all classes", StringComparison.Ordinal));

    private static string[] Lines(string text) => text.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
