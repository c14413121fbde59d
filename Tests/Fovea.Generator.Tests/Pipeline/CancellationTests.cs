using System.Diagnostics;
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

    [Fact]
    public void A_cancelled_compilation_ends_before_it_begins()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => ModelCompiler.Compile(Huge, source.Token));
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

    private static ModelSpec Deep(ModelSpec spec) =>
        spec with { Backbone = spec.Backbone with { StageBlocks = new[] { 256, 256, 256, 256 }.ToEquatableArray() } };
}
