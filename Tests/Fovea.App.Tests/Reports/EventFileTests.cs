using System.Text;
using Fovea.App.Reports.Events;

namespace Fovea.Tests.App.Reports;

public sealed class EventFileTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Written => Assert.Single(Directory.GetFiles(folder.Path, "events.out.tfevents.*"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_readers_checksum_is_castagnolis() =>
        Assert.Equal(0xE3069283, TensorBoardReader.Crc(Encoding.ASCII.GetBytes("123456789"))); // RFC 3720, B.4

    [Fact]
    public void TensorBoard_reads_tags_values_and_steps()
    {
        var events = EventFile.Create(folder.Path);
        events.Append(1, [("train/cls_loss", 0.5), ("AP/traffic light", 1e-20), ("größe", double.NaN)]);
        events.Append(300, [("train/cls_loss", -2.25)]);

        var read = TensorBoardReader.Read(Written);
        Assert.Equal("brain.Event:2", read[0].Version);
        Assert.Equal([0L, 1L, 300L], read.Select(e => e.Step));
        Assert.Equal(
            new Dictionary<string, float> { ["train/cls_loss"] = 0.5f, ["AP/traffic light"] = 1e-20f, ["größe"] = float.NaN },
            read[1].Scalars);
        Assert.Equal(-2.25f, read[2].Scalars["train/cls_loss"]);
        Assert.All(read, e => Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - e.WallTime, -5, 600));
    }

    [Fact]
    public void A_run_that_goes_on_repeats_no_step_and_drops_what_was_cut_off()
    {
        var events = EventFile.Create(folder.Path);
        for (var step = 1; step <= 3; step++)
        {
            events.Append(step, [("x", step)]);
        }

        // Killed in the middle of a write, with the state of the second epoch saved.
        var whole = File.ReadAllBytes(Written);
        File.WriteAllBytes(Written, whole[..^5]);
        events = EventFile.Continue(folder.Path, 2)!;
        Assert.Equal(2, events.LastStep);
        events.Append(3, [("x", 30)]);
        Assert.Equal(3, events.LastStep);
        Assert.Equal([0f, 1f, 2f, 30f], Values());

        events.GoBackTo(1);
        Assert.Equal(1, events.LastStep);
        events.Append(2, [("x", 20)]);
        Assert.Equal([0f, 1f, 20f], Values());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void What_is_no_event_file_any_more_is_begun_anew(int length)
    {
        var events = EventFile.Create(folder.Path);
        events.Append(1, [("x", 1)]);
        File.WriteAllBytes(Written, File.ReadAllBytes(Written)[..length]);
        EventFile.Continue(folder.Path, 1)!.Append(2, [("x", 2)]);
        Assert.Equal([0f, 2f], Values());
    }

    [Fact]
    public void Files_of_others_stay()
    {
        Assert.Null(EventFile.Continue(folder.Path, 1));
        var other = folder.Write("events.out.tfevents.9999999999.other", "not ours");
        Assert.Null(EventFile.Continue(folder.Path, 1));
        EventFile.Create(folder.Path).Append(1, [("x", 1)]);
        Assert.Equal(1, EventFile.Continue(folder.Path, 1)!.LastStep);
        RunFiles.Clear(folder.Path, "Model");
        Assert.Equal([other], Directory.GetFiles(folder.Path));
        Assert.Equal("not ours", File.ReadAllText(other));
    }

    private float[] Values() => [.. TensorBoardReader.Read(Written).Select(e => e.Scalars.GetValueOrDefault("x"))];
}
