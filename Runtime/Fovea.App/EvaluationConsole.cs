using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Fovea.App;

/// <summary>
/// Progress of an evaluation, on the error stream: results are all that the output has. A bar in a terminal; elsewhere a line once two
/// seconds have passed, and one every ten from then on.
/// </summary>
internal sealed class EvaluationConsole : IProgress<EvaluationProgress>
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private readonly Action<EvaluationProgress, string> show;
    private readonly Func<TimeSpan> elapsed;

    private EvaluationConsole(Func<TimeSpan> elapsed, Action<EvaluationProgress, string> show) =>
        (this.elapsed, this.show) = (elapsed, show);

    /// <summary>Shows an evaluation while <paramref name="evaluate"/> does it.</summary>
    public static CocoResult Show(Func<IProgress<EvaluationProgress>, CocoResult> evaluate)
    {
        var clock = Stopwatch.StartNew();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected || !console.Profile.Capabilities.Interactive)
        {
            return evaluate(Lines(Console.Error, () => clock.Elapsed));
        }

        return console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                var bar = context.AddTask("evaluating", maxValue: 1);
                return evaluate(new EvaluationConsole(() => clock.Elapsed, (p, text) =>
                {
                    bar.Value = (double)p.Images / p.Total;
                    bar.Description = Markup.Escape(text);
                }));
            });
    }

    /// <summary>Plain lines.</summary>
    /// <param name="writer">Takes them.</param>
    /// <param name="elapsed">Since the evaluation began.</param>
    internal static EvaluationConsole Lines(TextWriter writer, Func<TimeSpan> elapsed)
    {
        var due = First;
        return new EvaluationConsole(elapsed, (p, text) =>
        {
            if (elapsed() >= due && p.Images < p.Total)
            {
                writer.WriteLine(text);
                due = elapsed() + Every;
            }
        });
    }

    /// <inheritdoc/>
    public void Report(EvaluationProgress value)
    {
        var seconds = elapsed().TotalSeconds;
        var rate = seconds > 0 ? value.Images / seconds : 0;
        var left = TimeSpan.FromSeconds(rate > 0 ? (value.Total - value.Images) / rate : 0);
        show(value, string.Create(
            CultureInfo.InvariantCulture,
            $"evaluating {value.Images}/{value.Total}  {rate:F1} images/s  {(int)left.TotalHours}:{left:mm\\:ss} left"));
    }
}
