using System.CommandLine;
using Fovea.App.Data;

namespace Fovea.App.Commands;

/// <summary><c>--data</c> and how strictly it is read, which every command that reads a data set has.</summary>
/// <typeparam name="TClass">The class enum.</typeparam>
/// <param name="own">The program's own data set, by split; null where <c>--data</c> names one.</param>
internal sealed class DataOptions<TClass>(Func<string, DetectionDataset<TClass>?>? own)
    where TClass : struct, Enum
{
    private readonly Option<string?> data = new("--data")
    {
        Description = "The data set: a folder or its file (data.yaml, JSON, CSV), in the form of COCO, YOLO, Pascal VOC, LabelMe, CSV or their "
            + $"exports; it is recognised.{(own is null ? "" : " Default: the program's own.")}",
        Required = own is null,
    };

    private readonly Option<bool> skipUnknown = new("--skip-unknown") { Description = "Leave out objects of categories that no class bears the name of." };
    private readonly Option<bool> allowMissing = new("--allow-missing") { Description = "Accept classes that the data set has no category for." };

    private readonly Option<bool> allowOutside = new("--allow-outside")
    {
        Description = "Follow absolute paths and paths that lead out of the data set's folder.",
    };

    private readonly Option<bool> ignoreDifficult = new("--ignore-difficult")
    {
        Description = "Take Pascal VOC's objects that are marked \"difficult\" as regions that count neither way, as its challenge does.",
    };

    private readonly Option<double> edge = new("--edge")
    {
        Description = "Pixels by which a box may reach over the picture's edge; it is cut there.",
        DefaultValueFactory = _ => new DatasetOptions().EdgeTolerance,
    };

    private readonly PictureLimitOption limit = new();

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(data);
        command.Add(skipUnknown);
        command.Add(allowMissing);
        command.Add(allowOutside);
        command.Add(ignoreDifficult);
        command.Add(edge);
        limit.AddTo(command);
    }

    /// <summary>What was recognised, in one line; null where the data set is the program's own.</summary>
    public string? Describe(ParseResult parsed) => parsed.GetValue(data) is { } path ? $"{path}: {DataFolder.Describe(path)}" : null;

    /// <summary>Opens a split.</summary>
    public DetectionDataset<TClass> Open(ParseResult parsed, string split) => OpenFirst(parsed, split).Dataset;

    /// <summary>Opens the first of some splits that there is.</summary>
    /// <exception cref="DatasetException">There is none of them; the message says which there are.</exception>
    public (string Split, DetectionDataset<TClass> Dataset) OpenFirst(ParseResult parsed, params string[] splits)
    {
        foreach (var split in splits)
        {
            if (TryOpen(parsed, split) is { } dataset)
            {
                return (split, dataset);
            }
        }

        return parsed.GetValue(data) is { } path
            ? throw DataFolder.Missing(path, splits[0])
            : throw MissingOwn(splits);
    }

    /// <summary>Opens a split, or null where there is none.</summary>
    public DetectionDataset<TClass>? TryOpen(ParseResult parsed, string split) => parsed.GetValue(data) is { } path
        ? DataFolder.TryOpen<TClass>(path, split, Reading(parsed))
        : own!(split);

    /// <summary>How data sets are read: what was skipped or cut is told, once.</summary>
    private VocOptions Reading(ParseResult parsed) => new()
    {
        IgnoreDifficult = parsed.GetValue(ignoreDifficult),
        SkipUnknownCategories = parsed.GetValue(skipUnknown),
        AllowMissingClasses = parsed.GetValue(allowMissing),
        AllowOutsidePaths = parsed.GetValue(allowOutside),
        EdgeTolerance = parsed.GetValue(edge),
        ImageLimits = limit.Of(parsed),
        Warnings = CommonOptions.Warnings,
    };

    /// <summary>A program's own set cannot be asked what it has, but for the usual names.</summary>
    private DatasetException MissingOwn(string[] tried)
    {
        var found = SplitNames.Known.Select(k => k.Split).Except(tried).Where(s => own!(s) is not null).ToArray();
        return new DatasetException(
            "the program's data set",
            $"expected a split \"{tried[0]}\", found {(found.Length > 0 ? $"only {string.Join(", ", found)}" : "none of the usual names")}"
            + "; name one that it has, or a data set with --data.");
    }
}
