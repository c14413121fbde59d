using System.Globalization;
using Fovea.Cuda.Tests.Processes;
using Fovea.Tiny;

namespace Fovea.EndToEnd.Processes;

/// <summary>Options of the commands, as users type them.</summary>
public sealed class FlagTests : IDisposable
{
    private const string ClassBias = "head.classification_head.cls_logits.bias";
    private readonly TempFolder folder = new();
    private readonly string picture;

    public FlagTests()
    {
        picture = TinyData.Write(folder.File("data"));
        TinyData.WriteCheckpoint(Weights);
    }

    private string Weights => folder.File("tiles.safetensors");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Limits_decide_what_is_listed()
    {
        var all = Detect("--score", "0.1", "--max", "100");
        Assert.True(all.Count > 5, $"{all.Count} detections");
        Assert.Equal(all.Take(3), Detect("--score", "0.1", "--max", "3"));

        // Scores are printed with three digits.
        var middle = all[all.Count / 2].Score;
        Assert.InRange(Detect("--score", Text(middle)).Count, all.Count(d => d.Score > middle + 0.0006), all.Count(d => d.Score > middle - 0.0006));
        Assert.True(Detect("--score", "0.1", "--nms", "0.05").Count < Detect("--score", "0.1", "--nms", "0.95").Count);
    }

    [Fact]
    public void The_score_has_a_second_name_and_help_says_so()
    {
        Assert.Equal(Detect("--score", "0.3"), Detect("--threshold", "0.3"));
        using var help = TinyRun.Complete("detect", "--help");

        // Help breaks lines.
        var words = string.Join(' ', help.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("--threshold is another name for it.", words, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_out_of_range_are_told_in_one_line()
    {
        foreach (var (flag, value) in new[] { ("--nms", "1.5"), ("--score", "-1"), ("--max", "0"), ("--max", "100000") })
        {
            using var run = TinyRun.Complete("detect", picture, "--weights", Weights, "--out", folder.File("found.png"), flag, value);
            Assert.Equal(1, run.Code);
            Assert.StartsWith("error: ", run.Errors, StringComparison.Ordinal);
            Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    [Fact]
    public void An_evaluation_takes_limits_too()
    {
        string Table(params string[] flags)
        {
            using var run = TinyRun.Complete(["eval", "--data", folder.File("data"), "--weights", Weights, .. flags]);
            Assert.True(run.Code == 0, run.Errors);
            return Assert.Single(run.Output.Split('\n'), line => line.StartsWith("all classes", StringComparison.Ordinal));
        }

        // Its last figure is how many detections there were.
        int Found(string table) => int.Parse(table.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture);
        Assert.Equal(2, Found(Table("--max", "1")));
        Assert.True(Found(Table("--nms", "0.05")) < Found(Table("--nms", "0.95")));
        Assert.Equal(0, Found(Table("--score", "0.99")));
    }

    [Fact]
    public void A_training_takes_means_over_steps_and_tells_the_losses_on_the_validation_set()
    {
        string[] train = ["train", "--data", folder.File("data/train.json"), "--out", folder.File("out"), "--overwrite", "--epochs", "1"];
        using var run = TinyRun.Complete([.. train, "--ema", "0.9", "--accumulate", "2", "--norm-batches", "1"]);
        Assert.True(run.Code == 0, run.Errors);
        Assert.Contains("batches of 2, 2 of them a step, ", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"epoch   1/1 .* s  validation [0-9.]+ \+ [0-9.]+  AP ", run.Output);
        using var less = TinyRun.Complete([.. train, "--no-validation-loss"]);
        Assert.True(less.Code == 0, less.Errors);
        Assert.DoesNotContain("validation", less.Output, StringComparison.Ordinal);
        using var refused = TinyRun.Complete([.. train, "--ema", "2"]);
        Assert.Equal(1, refused.Code);
        Assert.Contains("Averaging.Decay is 2: expected at least 0 and below 1", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_classes_in_another_order_and_of_another_name_is_read_by_flags()
    {
        // Everything is a Red tile, which was channel 1 then and is channel 0 now.
        using (var old = OldTileDetector.Create(seed: 3, new DetectorOptions { Device = Device.Cpu, Threads = 1 }))
        {
            var bias = old.ReadTensor(ClassBias);
            for (var i = 0; i < bias.Length; i++)
            {
                bias[i] = i % 2 == (int)OldTile.Red ? 0 : -20;
            }

            old.WriteTensor(ClassBias, bias);
            old.Save(Weights);
        }

        AssertRefused("detect", picture, "--weights", Weights);
        AssertRefused("detect", picture, "--weights", Weights, "--classes-by-name");
        var found = Detect("--classes-by-name", "--rename-class", "Azure=Blue");
        Assert.NotEmpty(found);
        Assert.All(found, d => Assert.Equal("Red", d.Class));

        using var trained = TinyRun.Complete(
            "train", "--data", folder.File("data"), "--out", folder.File("out"), "--epochs", "1", "--weights", Weights, "--classes-by-name",
            "--rename-class", "Azure=Blue");
        Assert.True(trained.Code == 0, trained.Errors);
        AssertRefused("detect", picture, "--weights", Weights, "--classes-by-name", "--rename-class", "Azure");
    }

    private static void AssertRefused(params string[] arguments)
    {
        using var run = TinyRun.Complete(arguments);
        Assert.Equal(1, run.Code);
        Assert.StartsWith("error: ", run.Errors, StringComparison.Ordinal);
    }

    private List<(string Class, double Score)> Detect(params string[] flags)
    {
        using var run = TinyRun.Complete(["detect", picture, "--weights", Weights, "--out", folder.File("found.png"), .. flags]);
        Assert.True(run.Code == 0, run.Errors);
        return [.. run.Output.Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(parts => (parts[0], double.Parse(parts[1], CultureInfo.InvariantCulture)))];
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
