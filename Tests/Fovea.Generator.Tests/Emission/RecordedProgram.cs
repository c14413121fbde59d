using System.Reflection;
using Fovea.CompilerServices;
using Fovea.Generator.Tests.Support;
using Fovea.Model;

namespace Fovea.Generator.Tests.Emission;

/// <summary>A generated program run on the recording backend: every call of one phase after another, in one arena.</summary>
internal sealed class RecordedProgram
{
    private RecordedProgram(DetectorProgram program) => Program = program;

    public DetectorProgram Program { get; }

    /// <summary>The network that is generated for the detector of <see cref="Declaration"/> with these attributes.</summary>
    public static RecordedProgram Of(params string[] attributes)
    {
        var assembly = GeneratorHarness.Run(Declaration.Of(attributes)).AssertClean().Load();
        var type = assembly.GetType("Fovea.Generated.Blood_CellDetector.Program", throwOnError: true)!;
        return new((DetectorProgram)type.GetField("Instance", BindingFlags.Static | BindingFlags.Public)!.GetValue(null)!);
    }

    /// <summary>Folding, anchors, detection.</summary>
    public RecordingLog Detect(InferencePlan plan)
    {
        var (log, backend) = Begin(plan);
        Program.Detect(ref backend, plan);
        return log;
    }

    /// <summary>Folding, anchors, forward, loss, backward.</summary>
    public RecordingLog Train(TrainingPlan plan)
    {
        var (log, backend) = Begin(plan);
        Program.Forward(ref backend, plan);
        Program.Loss(ref backend, plan);
        Program.Backward(ref backend, plan);
        return log;
    }

    /// <summary>What the host writes before detection: pixels and sizes of the images.</summary>
    public static IEnumerable<RecordedRange> HostWrites(InferencePlan plan) =>
        [Arena(plan.Input.Offset, plan.Input.Length), Arena(plan.Candidates.ImageSizes, 2L * plan.Images)];

    /// <summary>What the host writes before a training step: pixels and ground truth.</summary>
    public static IEnumerable<RecordedRange> HostWrites(TrainingPlan plan)
    {
        var boxes = (long)plan.Truth.Images * plan.Truth.Capacity;
        return
        [
            Arena(plan.Input.Offset, plan.Input.Length), Arena(plan.Truth.Boxes, 4 * boxes), Arena(plan.Truth.Classes, boxes),
            Arena(plan.Truth.Counts, plan.Truth.Images),
        ];
    }

    private (RecordingLog Log, RecordingBackend Backend) Begin(ExecutionPlan plan)
    {
        var log = new RecordingLog();
        var backend = new RecordingBackend(log);
        Program.Fold(ref backend);
        Program.GenerateAnchors(ref backend, plan);
        return (log, backend);
    }

    private static RecordedRange Arena(long offset, long length) => new(RecordedBuffer.Arena, offset, length);
}
