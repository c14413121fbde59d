using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Tests.Support;

/// <summary>Why each step of the last run has its outputs.</summary>
internal sealed class StepReasons(GeneratorDriver driver)
{
    private readonly GeneratorRunResult result = driver.GetRunResult().Results.Single();

    /// <summary>Paths of the files that are new or have another text than before.</summary>
    public IEnumerable<string> ModifiedFiles =>
        from step in result.TrackedSteps[RetinaNetGenerator.EmitStep]
        from output in step.Outputs
        where output.Reason is IncrementalStepRunReason.New or IncrementalStepRunReason.Modified
        select ((GeneratedFile)output.Value).Path;

    public IEnumerable<IncrementalStepRunReason> Reasons(string step) =>
        result.TrackedSteps[step].SelectMany(s => s.Outputs).Select(o => o.Reason);

    /// <summary>Every step after Parse, and every output, is Cached or Unchanged.</summary>
    public void AssertNothingRan()
    {
        var after = result.TrackedSteps
            .Where(s => s.Key is RetinaNetGenerator.CompileStep or RetinaNetGenerator.EmitStep)
            .Concat(result.TrackedOutputSteps)
            .SelectMany(s => s.Value.SelectMany(run => run.Outputs.Select(o => (Step: s.Key, o.Reason))))
            .ToArray();
        Assert.Contains(after, s => s.Step == RetinaNetGenerator.EmitStep);
        Assert.All(after, s => Assert.True(
            s.Reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"{s.Step} ran again: {s.Reason}"));
    }
}
