using System.Globalization;

namespace Fovea.App.Terminal;

/// <summary>
/// How far a long command is, on the error stream: from two seconds on, on a terminal in a line that is written over and over, elsewhere as
/// a plain line every ten seconds. Any thread may report.
/// </summary>
internal sealed class StatusLine : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Seldom = TimeSpan.FromSeconds(10);
    private readonly Lock turn = new();
    private readonly string things;
    private readonly int total;
    private readonly TextWriter output;
    private readonly bool isTerminal;
    private readonly TimeProvider clock;
    private readonly long started;
    private TimeSpan next = Quiet;
    private bool isShown;

    /// <param name="things">What is counted: "pictures".</param>
    /// <param name="total">How many there are.</param>
    /// <param name="output">Where to.</param>
    /// <param name="isTerminal">Whether a line can be written over there.</param>
    /// <param name="clock">The time.</param>
    internal StatusLine(string things, int total, TextWriter output, bool isTerminal, TimeProvider clock)
    {
        (this.things, this.total, this.output, this.isTerminal, this.clock) = (things, total, output, isTerminal, clock);
        started = clock.GetTimestamp();
    }

    /// <summary>Begins to count.</summary>
    public static StatusLine Start(string things, int total)
    {
        var isTerminal = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
        return new StatusLine(things, total, Console.Error, isTerminal, TimeProvider.System);
    }

    /// <summary>So many are done.</summary>
    public void Report(int done)
    {
        lock (turn)
        {
            var elapsed = clock.GetElapsedTime(started);
            if (elapsed < next || done < 1 || done >= total)
            {
                return;
            }

            next = elapsed + (isTerminal ? Often : Seldom);
            var left = elapsed * ((double)(total - done) / done);
            var rate = done / elapsed.TotalSeconds;
            var line = string.Create(
                CultureInfo.InvariantCulture, $"{done} of {total} {things}, {rate:0.#}/s, {(int)left.TotalHours}:{left:mm\\:ss} left");
            if (isTerminal)
            {
                output.Write($"\r{line}\u001b[K");
                isShown = true;
            }
            else
            {
                output.WriteLine(line);
            }
        }
    }

    /// <summary>Takes the line away, before something else is written.</summary>
    public void Clear()
    {
        lock (turn)
        {
            if (isShown)
            {
                output.Write("\r\u001b[K");
                isShown = false;
                next = TimeSpan.Zero;
            }
        }
    }

    public void Dispose() => Clear();
}
