using System.CommandLine;
using Fovea.App;
using Fovea.App.Commands;
using Fovea.Training;

namespace Fovea;

/// <summary>A detector as a command-line program: <c>train</c>, <c>eval</c>, <c>detect</c>, <c>export</c>, <c>verify</c>, <c>data</c>,
/// <c>bench</c>, <c>info</c>, <c>doctor</c>, <c>replay</c>.</summary>
public static class DetectorApp
{
    /// <summary>Runs the command that the arguments name, on a data set of the program's own where <c>--data</c> names no other.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="detector">Created, with first weights; commands load others into it.</param>
    /// <param name="args">As given to <c>Main</c>.</param>
    /// <param name="recipe">What <c>train</c> does where its options say nothing else; null: the defaults.</param>
    /// <param name="data">The data set of a split ("train", "val", "test"), or null where there is none of that name; called once a split.</param>
    /// <returns>
    /// The process's exit code: 0 done, 1 a problem told in one line, 2 a command line that is not understood, 130 or 143 interrupted
    /// (Ctrl+C, SIGTERM).
    /// </returns>
    public static Task<int> RunAsync<TClass>(
        Detector<TClass> detector, string[] args, TrainerOptions? recipe = null, Func<string, DetectionDataset<TClass>?>? data = null)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentNullException.ThrowIfNull(args);
        var root = new RootCommand($"{detector.Description.Name}: a RetinaNet ({detector.Description.Backbone}) that finds {Classes(detector)}.")
        {
            TrainCommand.Create(detector, recipe ?? new TrainerOptions(), new DataOptions<TClass>(data)),
            DataCommand.Create(detector, recipe ?? new TrainerOptions(), new DataOptions<TClass>(data)),
            EvalCommand.Create(detector, new DataOptions<TClass>(data)),
            DetectCommand.Create(detector),
            ExportCommand.Create(detector),
            VerifyCommand.Create(detector),
            BenchCommand.Create(detector, recipe ?? new TrainerOptions()),
            InfoCommand.Create(detector),
            DoctorCommand.Create(detector),
            ReplayCommand.Create(detector),
        };
        return new CommandLine(root).RunAsync(args);
    }

    /// <summary>
    /// Runs a program's own work as the commands run theirs: Ctrl+C and SIGTERM cancel it, a second one ends the process at once, a problem that
    /// its user can mend is told in one line.
    /// </summary>
    /// <param name="work">The work; it should heed the token. It may take its time to save.</param>
    /// <returns>The process's exit code: 0 done, 1 a problem told in one line, 130 or 143 interrupted (Ctrl+C, SIGTERM).</returns>
    public static Task<int> RunAsync(Func<CancellationToken, Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return Interruption.RunAsync(interrupted => CommonOptions.Guard(async () =>
        {
            await work(interrupted).ConfigureAwait(false);
            return 0;
        }));
    }

    private static string Classes(Detector detector) => string.Join(", ", detector.Description.ClassNames.OfType<string>());
}
