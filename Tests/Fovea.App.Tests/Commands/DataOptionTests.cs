using System.CommandLine;
using Fovea.App.Commands;
using Fovea.Tests.App.Data;

namespace Fovea.Tests.App.Commands;

/// <summary>How a command's options have data sets read.</summary>
public sealed class DataOptionTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Difficult_objects_of_VOC_are_regions_where_that_is_wanted(bool ignored)
    {
        var difficult = SmallSet.Voc("a.png", objects: true).Replace(
            "<object><name>Car</name>", "<object><name>Car</name><difficult>1</difficult>", StringComparison.Ordinal);
        folder.Write("Annotations/a.xml", difficult);
        folder.Write("Annotations/b.xml", SmallSet.Voc("b.png", objects: false));
        SmallSet.Pictures(folder, "JPEGImages");
        var data = new DataOptions<Road>(null);
        var command = new RootCommand();
        data.AddTo(command);
        string[] arguments = ["--data", folder.Path, .. ignored ? ["--ignore-difficult"] : Array.Empty<string>()];
        var dataset = data.Open(command.Parse(arguments), "all");
        Assert.Equal([(Road.Car, ignored), (Road.TrafficLight, false)], dataset[0].Objects.Select(o => (o.Class, o.IsCrowd)));
        Assert.Equal(ignored ? (1, 1) : (2, 0), (dataset.Report.Objects, dataset.Report.Crowds));
    }
}
