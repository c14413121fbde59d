using System.Diagnostics;
using Fovea.Generator.Emission;
using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Fovea.Generator.Lowering;
using Fovea.Generator.Passes;
using Fovea.Generator.Planning;
using Fovea.Generator.Tests.Lowering;

namespace Fovea.Generator.Tests.Pipeline;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

/// <summary>A keystroke ends the compilation of the model as it was.</summary>
[Collection(nameof(GeneratorTime))]
public sealed class CancellationTests
{
    private static readonly ModelSpec Huge = Deep(Specs.ResNet(50, 20));

    /// <summary>How long it takes to the end.</summary>
    private static readonly Lazy<TimeSpan> Whole = new(() =>
    {
        var clock = Stopwatch.StartNew();
        ModelCompiler.Compile(Huge);
        return clock.Elapsed;
    });

    /// <summary>Of a small model.</summary>
    private static readonly Lazy<CompiledModel> Model = new(() =>
    {
        var spec = Specs.Toy();
        return ModelCompiler.Plan(spec, GraphBuilder.Inference(spec), GraphBuilder.Training(spec));
    });

    public static TheoryData<string> Pipelines => ["inference", "training"];

    public static TheoryData<string> Stages => [.. StagesOf.Keys];

    private static Dictionary<string, Action<CompiledModel, CancellationToken>> StagesOf { get; } = new()
    {
        ["lowering"] = (m, token) => NetworkLowering.Lower(m.Spec, HeadTable.Default.Of(m.Spec).Network, token),
        ["verification"] = (m, token) => GraphVerifier.Verify(m.Training, "any", token),
        ["slots of detection"] = (m, token) => MemoryPlanner.Plan(m.Inference, token),
        ["slots of training"] = (m, token) => MemoryPlanner.Plan(m.Training, token),
        ["layout of parameters"] = (m, token) => _ = new ParameterLayout(m.Training, m.Inference, token),
        ["structs of parameters"] = (m, token) => _ = new ParameterStructs(m.Training, m.Inference, m.Layout, token),
        ["handles"] = (m, token) => PhaseHandles.Of("Training", m.Training, m.TrainingPlan, m.Parameters, token),
        ["costs"] = (m, token) => CostTable.For(m.Inference, 64, 64, token),
        ["fingerprint"] = (m, token) => Fingerprint.Of(m with { Cancellation = token }),
        ["blocks of a phase"] = (m, token) => _ = new PhaseEmitter(m.Training.Backward, m.TrainingHandles, "Backward", token),
        ["a line"] = (_, token) => new IndentedWriter(token).Line("line"),
        ["main file"] = (m, token) => new MainEmitter(m with { Cancellation = token }).Emit(),
        ["description"] = (m, token) => new DescriptionEmitter(m with { Cancellation = token }).Emit(),
        ["parameters"] = (m, token) => new ParametersEmitter(m with { Cancellation = token }).Emit(),
        ["plan"] = (m, token) => new PlanEmitter(m with { Cancellation = token }).Emit(),
        ["forward"] = (m, token) => new ForwardEmitter(m with { Cancellation = token }).Emit(),
        ["loss"] = (m, token) => new LossEmitter(m with { Cancellation = token }).Emit(),
        ["backward"] = (m, token) => new BackwardEmitter(m with { Cancellation = token }).Emit(),
        ["detection"] = (m, token) => new DetectEmitter(m with { Cancellation = token }).Emit(),
    };

    [Fact]
    public void A_cancelled_compilation_ends_before_it_begins()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => ModelCompiler.Compile(Huge, source.Token));
    }

    [Theory]
    [MemberData(nameof(Pipelines))]
    public void A_token_that_is_cancelled_behind_any_pass_ends_the_pipeline_within_the_next(string pipeline)
    {
        var stages = new List<string>();
        Run(pipeline, stages.Add, CancellationToken.None);
        Assert.InRange(stages.Count, 8, 40);

        // Behind the last pass there is no next.
        for (var last = 0; last < stages.Count - 1; last++)
        {
            using var source = new CancellationTokenSource();
            var seen = new List<string>();
            Assert.Throws<OperationCanceledException>(() => Run(
                pipeline,
                stage =>
                {
                    seen.Add(stage);
                    if (seen.Count > last)
                    {
                        source.Cancel();
                    }
                },
                source.Token));
            Assert.Equal(stages.Take(last + 1), seen);
        }
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public void Every_stage_behind_the_passes_looks_at_the_token(string stage)
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => StagesOf[stage](Model.Value, source.Token));
    }

    [Theory]
    [Trait("Needs", "Speed")]
    [InlineData(0.05)]
    [InlineData(0.3)]
    [InlineData(0.55)]
    [InlineData(0.8)]
    [InlineData(0.95)]
    public void A_model_of_256_blocks_in_each_stage_is_cancelled_within_50_ms_wherever_it_is(double part)
    {
        var duration = Whole.Value;

        // The best of three: what else the machine does only ever adds.
        var best = Enumerable.Range(0, 3).Min(_ => Reaction(duration * part));
        Assert.True(best < 50, $"cancelled after {part:P0} of {duration.TotalMilliseconds:0} ms, it took {best:0.0} ms, expected under 50 ms");
    }

    private static double Reaction(TimeSpan after)
    {
        using var source = new CancellationTokenSource();
        var cancelled = 0L;
        source.Token.Register(() => cancelled = Stopwatch.GetTimestamp());
        source.CancelAfter(after);
        try
        {
            ModelCompiler.Compile(Huge, source.Token);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return Stopwatch.GetElapsedTime(cancelled).TotalMilliseconds;
        }
    }

    private static void Run(string pipeline, Action<string> observe, CancellationToken token)
    {
        var spec = Specs.Toy();
        _ = pipeline == "training"
            ? GraphBuilder.Training(spec, null, (stage, _) => observe(stage), token)
            : GraphBuilder.Inference(spec, null, (stage, _) => observe(stage), token);
    }

    private static ModelSpec Deep(ModelSpec spec) =>
        spec with { Backbone = spec.Backbone with { StageBlocks = new[] { 256, 256, 256, 256 }.ToEquatableArray() } };
}
