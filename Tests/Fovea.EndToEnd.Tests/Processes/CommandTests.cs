using System.Text.Json;
using Fovea.Cuda.Tests.Processes;

namespace Fovea.EndToEnd.Processes;

/// <summary>What all commands have: exit codes, files of options, JSON that stands alone on the output stream.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly TempFolder folder = new();

    public CommandTests() => TinyData.Write(folder.File("data"));

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0, "--help")]
    [InlineData(0, "train", "--help")]
    [InlineData(0, "--version")]
    [InlineData(0, "info", "--json")]
    [InlineData(1, "train", "--data", "nowhere")]
    [InlineData(1, "detect", "nowhere.jpg", "--weights", "nowhere.safetensors")]
    [InlineData(2)]
    [InlineData(2, "trian")]
    [InlineData(2, "train", "--data", "x", "--epocs", "3")]
    [InlineData(2, "train", "--data", "x", "--epochs", "many")]
    [InlineData(2, "train", "--config", "nowhere.yaml")]
    public void Exit_codes_are_those_that_are_documented(int code, params string[] arguments)
    {
        using var run = TinyRun.Complete(arguments);
        Assert.True(run.Code == code, $"{run.Code}: {run.Errors}");
        Assert.Equal(code != 0, run.Errors.StartsWith("error: ", StringComparison.Ordinal));
        Assert.Equal(code == 0, run.Output.Trim().Length > 0);
    }

    [Fact]
    public void A_training_with_json_writes_an_epoch_a_line_and_nothing_else()
    {
        using var run = TinyRun.Complete("train", "--data", folder.File("data"), "--out", folder.File("out"), "--epochs", "3", "--json");
        Assert.True(run.Code == 0, run.Errors);
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(File.ReadAllLines(Path.Combine(folder.File("out"), "history.jsonl")), lines);
        Assert.Equal(3, lines.Length);
        Assert.Contains("epoch   3/3", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_options_trains_as_the_options_themselves()
    {
        var file = folder.Write("run.yaml", $"data: {folder.File("data")}\nepochs: 1\nlr: 0.5\nno-flip: true\nscale: [0.8, 1.2]\n");
        using var configured = TinyRun.Complete("train", "--config", file, "--lr", "0.002", "--out", folder.File("a"));
        Assert.True(configured.Code == 0, configured.Errors);
        using var given = TinyRun.Complete(
            "train", "--data", folder.File("data"), "--epochs", "1", "--lr", "0.002", "--no-flip", "--scale", "0.8", "1.2",
            "--out", folder.File("b"));
        Assert.True(given.Code == 0, given.Errors);
        Assert.Equal(Hash("b"), Hash("a"));
    }

    [Fact]
    public void The_line_that_goes_on_does_not_need_the_file_of_options()
    {
        var file = folder.Write("run.yaml", $"data: {folder.File("data")}\nepochs: 9\nlr: 1e30\noverwrite: true\n");
        using var run = TinyRun.Complete("train", "--config", file, "--out", folder.File("out"));
        Assert.Equal(1, run.Code);
        var line = Assert.Single(run.Errors.Split('\n'), l => l.StartsWith("to go on: ", StringComparison.Ordinal));
        Assert.DoesNotContain("--config", line, StringComparison.Ordinal);
        Assert.DoesNotContain("--overwrite", line, StringComparison.Ordinal);
        Assert.Contains("--epochs 9", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("info")]
    [InlineData("bench", "--seconds", "0", "--repetitions", "1")]
    public void Json_stands_alone_on_the_output_stream(params string[] arguments)
    {
        using var run = TinyRun.Complete([.. arguments, "--json"]);
        Assert.True(run.Code == 0, run.Errors);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("TileDetector", json.RootElement.GetProperty("model").GetString());
    }

    [Fact]
    public void The_doctor_ends_with_0_where_the_CPU_detects_and_with_1_where_an_asked_Python_is_missing()
    {
        using var run = TinyRun.Complete("doctor", "--device", "cpu", "--json");
        Assert.True(run.Code == 0, run.Errors);
        using var json = JsonDocument.Parse(run.Output);
        Assert.True(json.RootElement.GetProperty("works").GetBoolean());
        var findings = json.RootElement.GetProperty("findings").EnumerateArray().ToArray();
        Assert.Contains(findings, f => f.GetProperty("topic").GetString() == "detection" && f.GetProperty("name").GetString() == "cpu");

        using var asked = TinyRun.Complete("doctor", "--torch", "--python", folder.File("no-such-python"));
        Assert.Equal(1, asked.Code);
        Assert.Matches(@"(?m)^  problem .*no-such-python cannot be started", asked.Output);
        Assert.EndsWith("1 problem", asked.Output.TrimEnd(), StringComparison.Ordinal);
    }

    private string Hash(string output) => TinyRun.Hash(Path.Combine(folder.File(output), "TileDetector.safetensors"));
}
