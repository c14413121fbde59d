using Fovea.Gpu.Machines;
using Fovea.Gpu.Reporting;
using Fovea.Gpu.Running;

namespace Fovea.Cuda.Tests.Gpu;

/// <summary>The GPU check over the recording driver: every stage runs and reports, whatever it finds.</summary>
public sealed class RehearsalTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fovea-gpu-").FullName;

    public static IEnumerable<object[]> Stages => GpuProgram.Stages.Select(stage => new object[] { stage.Name });

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory, MemberData(nameof(Stages))]
    public void Every_stage_reports_over_the_recording_driver(string stage)
    {
        var options = new GpuOptions
        {
            Out = folder,
            Only = stage,
            Quick = true,
            Machine = MachineKind.Recording,
            InProcess = true,
            Goldens = Path.Combine(folder, "none"),
        };

        var code = GpuProgram.Run(options);

        var entries = ReadEntries();
        Assert.Contains(entries, e => e.Item == "stage" && e.Ok == true);
        Assert.All(entries, e => Assert.Equal(stage, e.Stage));
        Assert.True(entries.Count > 1, "the stage has told nothing but its end");
        Assert.Equal(entries.Any(e => e.Ok == false) ? 1 : 0, code);
        Assert.Contains($"== {stage}", File.ReadAllText(Path.Combine(folder, "gpu.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_lost_device_the_later_stages_are_marked()
    {
        var journal = new Journal(Path.Combine(folder, "gpu.json"), echo: false);
        var last = new FakeStage("last", () => { });
        IStage[] stages =
        [
            new FakeStage("fails", () => throw new InvalidOperationException("something")),
            new FakeStage("loses", () => throw new CudaException(CudaFailure.DeviceLost, "gone")),
            last,
        ];

        var code = StageRunner.Run(stages, new GpuOptions { Out = folder, Machine = MachineKind.Recording }, journal);

        Assert.Equal(StageRunner.LostDevice, code);
        Assert.False(last.HasRun);
        Assert.Equal(
            new[] { "fails: InvalidOperationException: something", "loses: CudaException: gone", $"last: {StageRunner.Skipped}" },
            journal.Entries.Select(e => $"{e.Stage}: {e.Note}"));
        Assert.All(journal.Entries, e => Assert.False(e.Ok));
    }

    [Fact]
    public void A_failing_part_ends_neither_the_stage_nor_the_run()
    {
        var journal = new Journal(Path.Combine(folder, "gpu.json"), echo: false);
        var context = new StageContext("one", new GpuOptions { Machine = MachineKind.Recording }, journal);

        Assert.False(context.Try("part", () => throw new NotSupportedException("not yet")));
        Assert.True(context.Try("other", () => context.Result("number", 3, "ms", true)));

        Assert.Equal(new bool?[] { false, null }, journal.Entries.Select(e => e.Ok));
        Assert.Equal(StageContext.NoNumbers, journal.Entries[1].Note);
        Assert.Throws<CudaException>(() => context.Try("fatal", () => throw new CudaException(CudaFailure.Kernel, "fault")));
    }

    private List<Entry> ReadEntries() => [.. File.ReadLines(Path.Combine(folder, "gpu.json")).Select(Entry.TryParse).OfType<Entry>()];

    private sealed class FakeStage(string name, Action work) : IStage
    {
        public string Name => name;

        public bool HasRun { get; private set; }

        public void Run(StageContext context)
        {
            HasRun = true;
            work();
        }
    }
}
