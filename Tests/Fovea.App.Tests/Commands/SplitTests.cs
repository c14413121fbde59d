using System.CommandLine;
using Fovea.App.Commands;
using Fovea.Tests.App.Data;

namespace Fovea.Tests.App.Commands;

/// <summary>Which split a command takes, and what is said where there is none.</summary>
public sealed class SplitTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_set_that_is_not_divided_names_the_splits_that_can_be_opened()
    {
        folder.Write("annotations.json", SmallSet.Coco);
        SmallSet.Pictures(folder, "images");
        var (data, parsed) = Parse(null, "--data", folder.File("annotations.json"));
        var error = Assert.Throws<DatasetException>(() => data.Open(parsed, "test"));
        Assert.Contains(
            "expected a split \"test\", found none in COCO with train, val (a fifth of the pictures, chosen by their names) and all "
            + "(annotations.json).", error.Message, StringComparison.Ordinal);
        Assert.Equal("val", data.OpenFirst(parsed, "test", "val").Split);
    }

    [Fact]
    public void A_programs_own_set_is_asked_once_a_split_and_names_those_that_it_has()
    {
        var asked = new List<string>();
        var (data, parsed) = Parse(split =>
        {
            asked.Add(split);
            return split == "train" ? new InMemoryDataset<Road>("own", []) : null;
        });
        var error = Assert.Throws<DatasetException>(() => data.OpenFirst(parsed, "test", "val"));
        Assert.Contains("expected a split \"test\", found only train", error.Message, StringComparison.Ordinal);
        Assert.Equal(["test", "val", "train"], asked);
    }

    private static (DataOptions<Road> Data, ParseResult Parsed) Parse(Func<string, DetectionDataset<Road>?>? own, params string[] arguments)
    {
        var data = new DataOptions<Road>(own);
        var command = new RootCommand();
        data.AddTo(command);
        return (data, command.Parse(arguments));
    }
}
