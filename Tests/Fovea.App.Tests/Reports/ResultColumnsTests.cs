using Fovea.App.Reports;

namespace Fovea.Tests.App.Reports;

public sealed class ResultColumnsTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_row_has_what_was_measured_and_nothing_for_the_rest()
    {
        var path = folder.File("results.csv");
        var columns = new ResultColumns(["RBC", "a,\"b\""]);
        columns.WriteCsv(path,
        [
            new EpochRecord(1, 4, 0.5, 0.25, 3, 1e-3, 2, null, null) { Images = 8, PeakMemory = 3 << 20 },
            new EpochRecord(2, 4, 0.1, 0.2, 3, 1e-5, 4, 0.25, 0.5) { Images = 8, ClassAps = [new("RBC", 0.75), new("a,\"b\"", null)] },
        ]);
        var lines = File.ReadAllText(path).Split('\n');
        var names = lines[0].Split(',');
        Assert.Equal("epoch", names[0]);
        Assert.Contains("AP/RBC,\"AP/a,\"\"b\"\"\",lr", lines[0], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);
        Assert.Equal("", lines[3]);

        // A comma within quotes makes one column of two parts.
        Assert.Equal("1,0.5,0.25,,,,,,,0.001,3,2,4,3", lines[1]);
        Assert.Equal("2,0.1,0.2,,,0.25,0.5,0.75,,1E-05,3,4,2,", lines[2]);
    }

    [Fact]
    public void A_history_from_before_has_the_old_columns_alone()
    {
        const string Old =
            """{"epoch":1,"iterations":2,"classification":0.5,"box":0.25,"gradient_norm":1,"learning_rate":0.1,"seconds":2}""";
        var record = Assert.Single(TrainingHistory.Parse(Old).Epochs);
        Assert.Equal((0, 0, 0L), (record.Images, record.ImagesPerSecond, record.PeakMemory));
        Assert.Empty(record.ClassAps);
        var names = new ResultColumns(["x"]).Scalars(record).Select(s => s.Name);
        Assert.Equal(["train/cls_loss", "train/box_loss", "lr", "gradient_norm", "seconds"], names);
    }

    [Fact]
    public void The_history_keeps_what_the_columns_show()
    {
        var record = new EpochRecord(1, 4, 0.5, 0.25, 3, 1e-3, 2, 0.5, 0.6)
        {
            Images = 16,
            PeakMemory = 1L << 40,
            ClassAps = [new("<b> & \"c\"", 0.125), new("null", null)],
        };
        var history = new TrainingHistory();
        history.Add(record);
        var read = TrainingHistory.Parse(history.ToJsonLines());
        Assert.Equal(record, Assert.Single(read.Epochs));
        Assert.NotEqual(record with { ClassAps = [new("<b> & \"c\"", 0.25), new("null", null)] }, read.Epochs[0]);
    }
}
