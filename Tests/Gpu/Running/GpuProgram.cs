using Fovea.Gpu.Reporting;
using Fovea.Gpu.Stages;

namespace Fovea.Gpu.Running;

/// <summary>The whole run: stages, gpu.json, gpu.txt.</summary>
internal static class GpuProgram
{
    /// <summary>Every stage, in order.</summary>
    public static IReadOnlyList<IStage> Stages { get; } =
    [
        new VersionsStage(), new AssemblyStage(), new OperatorStage(), new ConvolutionStage(), new FusionStage(), new CaptureStage(),
        new GoldenStage(), new BenchmarkStage(), new ProfileStage(),
    ];

    /// <summary>Runs what the options ask for.</summary>
    /// <returns>0 where nothing failed, 1 where something did, 2 for wrong options, 3 where the device was lost.</returns>
    public static int Run(GpuOptions options)
    {
        Directory.CreateDirectory(options.Out);
        var stages = Chosen(options.Only);
        if (stages.Count == 0)
        {
            var names = string.Join(", ", Stages.Select(s => s.Name));
            Console.Error.WriteLine($"--only {options.Only}: expected one of {names}, or a number.");
            return 2;
        }

        var path = Path.Combine(options.Out, "gpu.json");
        if (!options.IsChild)
        {
            File.Delete(path);
        }

        var journal = new Journal(path, echo: true);
        var alone = options.InProcess || options.IsChild;
        var code = alone ? StageRunner.Run(stages, options, journal) : ChildStages.Run(stages, options, journal);
        return options.IsChild ? code : Finish(options, journal, code);
    }

    private static IReadOnlyList<IStage> Chosen(string? only) => only is null
        ? Stages
        : [.. Stages.Where((stage, i) => stage.Name == only || FormattableString.Invariant($"{i + 1}") == only)];

    private static int Finish(GpuOptions options, Journal journal, int code)
    {
        var entries = journal.ReadAll();
        var table = ResultTable.Render(entries);
        File.WriteAllText(Path.Combine(options.Out, "gpu.txt"), table);
        Console.WriteLine(table);
        return code != 0 ? code : entries.Any(e => e.Ok == false) ? 1 : 0;
    }
}
