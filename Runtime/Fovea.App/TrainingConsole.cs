using System.Globalization;
using Fovea.App.Terminal;
using Fovea.Training;
using Spectre.Console;

namespace Fovea.App;

/// <summary>
/// A training run in the terminal: a live bar with losses, speed and time left; where output goes to a file, one line for each epoch.
/// </summary>
internal sealed class TrainingConsole : IProgress<TrainingProgress>
{
    private readonly ProgressTask? bar;

    private TrainingConsole(ProgressTask? bar) => this.bar = bar;

    /// <summary>Shows the run while <paramref name="train"/> does it.</summary>
    public static async Task<TrainingHistory> ShowAsync(Func<IProgress<TrainingProgress>, Task<TrainingHistory>> train)
    {
        if (JsonOutput.Current is not null || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            return await train(new TrainingConsole(null)).ConfigureAwait(false);
        }

        return await AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async context => await train(new TrainingConsole(context.AddTask("starting", maxValue: 1))).ConfigureAwait(false))
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        if (bar is not null)
        {
            bar.Value = value.Done;
            bar.Description = Markup.Escape(Describe(value));
        }

        if (value.Message is { } message)
        {
            Console.Error.WriteLine(value.Stage is TrainingStage.Stopped or TrainingStage.Loaded ? message : $"warning: {message}");
        }

        if (value is { Stage: TrainingStage.EpochDone, Record: { } epoch })
        {
            var line = EpochLine(epoch, value);
            JsonOutput.Current?.WriteLine(TrainingHistory.ToJsonLine(epoch));
            if (bar is null)
            {
                Console.WriteLine(line);
            }
            else
            {
                AnsiConsole.WriteLine(line);
            }
        }
    }

    private static string Describe(TrainingProgress p) => p.Stage == TrainingStage.Evaluating
        ? string.Create(CultureInfo.InvariantCulture, $"epoch {p.Epoch}/{p.Epochs}  evaluating")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"epoch {p.Epoch}/{p.Epochs}  {p.Iteration}/{p.Iterations}  loss {p.Step.Classification:F3} + {p.Step.Box:F3}  "
            + $"{p.ImagesPerSecond:F1} images/s  {Text(p.Remaining)} left");

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss}");

    private static string EpochLine(EpochRecord e, TrainingProgress p)
    {
        var validation = e.ValidationClassification is { } c && e.ValidationBox is { } b
            ? string.Create(CultureInfo.InvariantCulture, $"  validation {c:F4} + {b:F4}")
            : "";
        var precision = e.Ap is { } ap ? string.Create(CultureInfo.InvariantCulture, $"  AP {ap:F3}  AP50 {e.Ap50:F3}") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"epoch {e.Epoch,3}/{p.Epochs}  classification {e.Classification:F4}  box {e.Box:F4}  lr {e.LearningRate:G3}  {e.Seconds:F1} s")
            + validation + precision;
    }
}
