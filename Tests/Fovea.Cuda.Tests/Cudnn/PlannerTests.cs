using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Tests.Cudnn;

[Collection(SerialSimulator.Name)]
public sealed class PlannerTests : SimulatorTest
{
    private static ConvolutionShape Fused { get; } = ConvolutionCase.All[2].With(
        ConvolutionDirection.Forward, Precision.BFloat16, ConvolutionEpilogue.Bias | ConvolutionEpilogue.Relu);

    [SkippableFact]
    public void An_engine_that_refuses_is_passed_over()
    {
        using var convolutions = Open();
        Assert.True(convolutions.TryPrepare(Fused, out var plan));
        Assert.Equal("engine 12 knobs 6=0", plan.Engine);
        Assert.Equal(4096, plan.WorkspaceBytes);
        Assert.True(convolutions.TryPrepare(Fused, out var again));
        Assert.Same(plan, again);
    }

    [SkippableFact]
    public void A_fused_graph_without_engine_is_told_and_the_unfused_one_serves()
    {
        using var none = Simulator.Provoke("SIMULATOR_NO_FUSED");
        using var convolutions = Open();
        Assert.False(convolutions.TryPrepare(Fused, out var plan));
        Assert.Null(plan);
        Assert.Equal($"cuDNN has no engine for {Fused}: no engine was proposed", convolutions.Refusal);
        var check = new ConvolutionCheck(Driver, Stream, Fused.Unfused, seed: 3);
        Assert.True(convolutions.TryPrepare(Fused.Unfused, out plan));
        Assert.Null(check.Compare(check.Run(convolutions, plan)));
    }

    [SkippableFact]
    public void Where_the_graph_API_has_no_engine_the_legacy_one_serves()
    {
        using var none = Simulator.Provoke("SIMULATOR_NO_ENGINE");
        using var convolutions = Open(legacy: true);
        Assert.True(convolutions.TryPrepare(Fused.Unfused, out var plan));
        Assert.Equal("legacy algorithm 0", plan.Engine);
        Assert.False(convolutions.TryPrepare(Fused, out _));
        var narrow = Fused with { Epilogue = ConvolutionEpilogue.Bias | ConvolutionEpilogue.NarrowParameters };
        Assert.True(convolutions.TryPrepare(narrow, out plan));
        Assert.Equal("legacy algorithm 1", plan.Engine);
    }

    [SkippableFact]
    public void No_engine_anywhere_is_told()
    {
        using var noGraph = Simulator.Provoke("SIMULATOR_NO_ENGINE");
        using var noLegacy = Simulator.Provoke("SIMULATOR_NO_LEGACY");
        using var convolutions = Open(legacy: true);
        Assert.False(convolutions.TryPrepare(Fused.Unfused, out _));
    }

    [SkippableFact]
    public void Deterministic_means_no_engine_that_is_not()
    {
        using var handle = new CudnnHandle(Library);
        var shape = Fused with { Precision = Precision.Float32 };
        Assert.Equal(["engine 13"], EnginesOf(handle, shape, Plain));
        Assert.Equal(["engine 13", "engine 14"], EnginesOf(handle, shape, Plain with { Deterministic = false }));
    }

    [SkippableFact]
    public void An_engine_that_is_compiled_at_run_time_is_taken_where_that_is_wanted()
    {
        using var handle = new CudnnHandle(Library);
        var shape = Fused with { Precision = Precision.Float32 };
        Assert.Equal(["engine 13", "engine 15"], EnginesOf(handle, shape, Plain with { RuntimeCompilation = true }));
    }

    [SkippableFact]
    public void Too_much_workspace_passes_an_engine_over()
    {
        using var handle = new CudnnHandle(Library);
        Assert.Equal(["engine 12 knobs 6=1", "engine 13"], EnginesOf(handle, Fused, Plain with { WorkspaceLimit = 2048 }));
    }

    [SkippableFact]
    public void A_shape_that_is_none_is_refused()
    {
        using var convolutions = Open();
        Assert.Throws<ArgumentException>(() => convolutions.TryPrepare(Fused with { Groups = 3 }, out _));
        Assert.Throws<ArgumentException>(() => convolutions.TryPrepare(Fused with { Groups = 0 }, out _));
        Assert.Throws<ArgumentException>(() => convolutions.TryPrepare(Fused with { KernelHeight = 99 }, out _));
        var unknown = Fused with { Direction = ConvolutionDirection.BackwardFilter };
        Assert.Throws<ArgumentException>(() => convolutions.TryPrepare(unknown, out _));
    }

    private static List<string> EnginesOf(CudnnHandle handle, ConvolutionShape shape, CudnnOptions options)
    {
        var planner = new ConvolutionPlanner(Library, handle, options);
        using var graph = planner.TryBuild(shape);
        Assert.NotNull(graph);
        var engines = new List<string>();
        foreach (var plan in planner.Plans(graph))
        {
            engines.Add(plan.Engine);
            plan.Dispose();
        }

        return engines;
    }
}
