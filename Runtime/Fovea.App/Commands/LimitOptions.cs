using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary><c>--score</c>, <c>--nms</c> and <c>--max</c>: what counts as a detection, where it is to be other than declared.</summary>
internal sealed class LimitOptions
{
    private readonly Option<double?> score;

    private readonly Option<double?> nms = new("--nms")
    {
        Description = "Of two boxes of a class with a greater IoU the one with the lower score goes. Default: as declared.",
    };

    private readonly Option<int?> most = new("--max") { Description = "Detections of a picture at the most. Default: as declared." };

    /// <param name="usual">The score threshold where none is given; null: the declared one.</param>
    public LimitOptions(double? usual = null) => score = new Option<double?>("--score", "--threshold")
    {
        Description = $"Scores must be greater. {(usual is null ? "Default: as declared. " : "")}--threshold is another name for it.",
        DefaultValueFactory = _ => usual,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(score);
        command.Add(nms);
        command.Add(most);
    }

    /// <summary>Those that are given.</summary>
    public IEnumerable<string> Given(ParseResult parsed) => GivenOptions.Of(parsed, score, nms, most);

    /// <summary>What they say.</summary>
    public DetectOptions Of(ParseResult parsed) => new()
    {
        ScoreThreshold = parsed.GetValue(score),
        NmsIoU = parsed.GetValue(nms),
        MaxDetections = parsed.GetValue(most),
    };
}
