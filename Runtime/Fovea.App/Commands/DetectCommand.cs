using System.CommandLine;
using System.Diagnostics;
using Fovea.App.Detecting;
using Fovea.App.Terminal;

namespace Fovea.App.Commands;

/// <summary>
/// <c>detect PICTURES --weights FILE [--out DIR] [--save coco,csv]</c>: finds objects in pictures, lists, draws and writes them.
/// </summary>
internal static class DetectCommand
{
    private static readonly string[] FormNames = [.. Enum.GetNames<ResultForm>().Select(n => n.ToLowerInvariant())];

    public static Command Create<TClass>(Detector<TClass> detector)
        where TClass : struct, Enum
    {
        var output = new Option<string?>("--out")
        {
            Description = "Takes drawn pictures and files, in folders as the pictures lie; of one picture also the drawn one (.png, .jpg). "
                + $"Default: {DetectTargets.StandardFolder}.",
            HelpName = "DIR",
        };
        var save = new Option<string[]>("--save", "--format")
        {
            Description = "Write what is found as coco (detections.json, COCO's results), csv (detections.csv) or yolo (labels/NAME.txt, a file "
                + "a picture); several with commas.",
            HelpName = "FORM",
        };
        save.Validators.Add(result => FormsOf(result.Tokens.Select(t => t.Value), result.AddError));
        var noDraw = new Option<bool>("--no-draw") { Description = "Draw no pictures; without --save nothing is written." };
        var json = new Option<bool>("--json") { Description = "List as JSON, an object a picture and line." };
        var command = new Command("detect", "Find objects in pictures: list them, draw them, write them for other programs.");
        var pictures = new PictureArguments();
        pictures.AddTo(command);
        var limit = new PictureLimitOption();
        limit.AddTo(command);
        var weights = new WeightsOptions(required: true);
        weights.AddTo(command);
        command.Add(output);
        command.Add(save);
        command.Add(noDraw);
        command.Add(json);
        var limits = new LimitOptions(usual: 0.5);
        limits.AddTo(command);
        var tiling = new TilingOptions();
        tiling.AddTo(command);
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, cancellation) => CommonOptions.Guard(async () =>
        {
            using var machine = JsonOutput.BeginIf(parsed.GetValue(json));
            ImageFile.Limits = limit.Of(parsed) ?? ImageFile.Limits;
            var folder = DetectTargets.FolderOf(parsed.GetValue(output));
            var named = await pictures.FindAsync(parsed, folder, cancellation).ConfigureAwait(false);
            var sources = named.ToList();
            var targets = new DetectTargets(
                sources, parsed.GetValue(output), !parsed.GetValue(noDraw), FormsOf(parsed.GetValue(save) ?? [], _ => { }));
            var options = limits.Of(parsed);
            var tiles = tiling.Of(parsed, options.MaxDetections);

            // Of tiles the number is the picture's, and may be more than one tile has room for.
            options = tiles is null ? options : options with { MaxDetections = null };
            DetectOptions.Apply(options, detector.Description.PostProcessing);
            device.Apply(parsed, detector);
            weights.Apply(parsed, detector);
            return await RunAsync(detector, options, tiles, named.Failures, sources, targets, machine, cancellation).ConfigureAwait(false);
        }));
        return command;
    }

    private static async Task<int> RunAsync<TClass>(
        Detector<TClass> detector, DetectOptions options, TileOptions? tiles, IReadOnlyList<PictureFailure> unnamed,
        IReadOnlyList<PictureSource> sources, DetectTargets targets, JsonOutput? machine, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        using var status = StatusLine.Start("pictures", sources.Count);
        var lines = new DetectLines<TClass>(machine, status);
        foreach (var failure in unnamed)
        {
            lines.Failed(failure);
        }

        if (targets.Writes && sources.Count > 0)
        {
            Directory.CreateDirectory(targets.Folder);
        }

        var clock = Stopwatch.StartNew();
        var run = new DetectRun<TClass>(detector, options, tiles, sources, targets, lines, status);
        try
        {
            // A list without lines has no results either, and those of the last run are not its. Where names are wrong, files stay.
            if (sources.Count > 0 || unnamed.Count == 0)
            {
                await run.RunAsync(cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            status.Clear();
            Summarize(run.Done.Count, run.Done.Sum(p => p.Detections.Count), sources.Count, clock.Elapsed, targets);
            TellFailures([.. unnamed, .. run.Failures], sources.Count + unnamed.Count);
        }

        return unnamed.Count + run.Failures.Count > 0 ? ExitCode.Problem : ExitCode.Done;
    }

    /// <summary>Of one picture its line says all.</summary>
    private static void Summarize(int done, int objects, int pictures, TimeSpan time, DetectTargets targets)
    {
        if (pictures > 1 || targets.Forms.Count > 0)
        {
            var written = targets.Writes && done > 0 ? $"; written in {targets.Folder}" : "";
            Console.WriteLine(FormattableString.Invariant(
                $"{done} of {pictures} pictures, {objects} objects, {time.TotalSeconds:F1} s{written}"));
        }
    }

    private static void TellFailures(IReadOnlyList<PictureFailure> failures, int all)
    {
        if (failures.Count == 0)
        {
            return;
        }

        Console.Error.WriteLine(
            all == 1 ? $"error: {failures[0].Problem}" : FormattableString.Invariant($"error: nothing came of {failures.Count} of {all}:"));
        foreach (var failure in all == 1 ? [] : failures)
        {
            Console.Error.WriteLine($"  {failure.Problem}");
        }
    }

    private static HashSet<ResultForm> FormsOf(IEnumerable<string> values, Action<string> addError)
    {
        var forms = new HashSet<ResultForm>();
        foreach (var name in values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (FormNames.Contains(name.ToLowerInvariant()))
            {
                forms.Add(Enum.Parse<ResultForm>(name, ignoreCase: true));
            }
            else
            {
                addError($"--save {name}: expected {string.Join(", ", FormNames)}{Nearest.Hint(name, FormNames)}");
            }
        }

        return forms;
    }
}
