using Fovea.App.Terminal;

namespace Fovea.Tests.App.Terminal;

/// <summary>How far a long command is.</summary>
public class StatusLineTests
{
    [Fact]
    public void Short_work_and_the_end_are_not_spoken_of()
    {
        var (output, clock) = (new StringWriter(), new Clock());
        using var line = new StatusLine("pictures", 10, output, isTerminal: true, clock);
        clock.Seconds = 1.9;
        line.Report(9);
        clock.Seconds = 4;
        line.Report(10);
        line.Clear();
        Assert.Equal("", output.ToString());
    }

    [Fact]
    public void A_terminal_has_one_line_that_is_written_over_and_taken_away()
    {
        var (output, clock) = (new StringWriter(), new Clock());
        using var line = new StatusLine("pictures", 10, output, isTerminal: true, clock);
        clock.Seconds = 4;
        line.Report(2);
        Assert.Equal("\r2 of 10 pictures, 0.5/s, 0:00:16 left\u001b[K", output.ToString());
        line.Clear();
        line.Clear();
        Assert.EndsWith("left\u001b[K\r\u001b[K", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Elsewhere_a_plain_line_comes_every_ten_seconds()
    {
        var (output, clock) = (new StringWriter { NewLine = "\n" }, new Clock());
        using var line = new StatusLine("pictures", 100, output, isTerminal: false, clock);
        for (var i = 1; i <= 25; i++)
        {
            clock.Seconds = i;
            line.Report(i);
        }

        line.Clear();
        Assert.Equal(
            "2 of 100 pictures, 1/s, 0:01:38 left\n12 of 100 pictures, 1/s, 0:01:28 left\n22 of 100 pictures, 1/s, 0:01:18 left\n",
            output.ToString());
    }

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(Seconds * 1000);
    }
}
