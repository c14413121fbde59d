using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Tests.Cudnn;

[Collection(SerialSimulator.Name)]
public sealed class AutotuneTests : SimulatorTest, IDisposable
{
    private readonly string folder;

    // After the base has found that the simulator is there; a test that skips leaves nothing behind.
    public AutotuneTests() => folder = Directory.CreateTempSubdirectory("fovea-autotune-").FullName;

    private static ConvolutionShape Shape { get; } = ConvolutionCase.All[2].With(
        ConvolutionDirection.BackwardData, Precision.BFloat16, ConvolutionEpilogue.Add | ConvolutionEpilogue.Mask);

    private string CacheFile => Path.Combine(folder, "cudnn-choices.json");

    private CudnnOptions Tuned => new() { CacheFolder = folder, Repetitions = 3 };

    public new void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        base.Dispose();
    }

    [SkippableFact]
    public void The_fastest_engine_is_chosen_remembered_and_found_again()
    {
        using (Simulator.Provoke("SIMULATOR_SLOW_KNOB", "0"))
        {
            Assert.Equal("engine 12 knobs 6=1", Tune(Tuned));
        }

        // Without scratch memory nothing is timed: the choice comes from the file.
        using var convolutions = Open(Tuned);
        Assert.True(convolutions.TryPrepare(Shape, out var plan));
        Assert.Equal("engine 12 knobs 6=1", plan.Engine);
        Assert.True(plan.Milliseconds > 0);
    }

    [SkippableFact]
    public void Only_so_many_candidates_are_timed()
    {
        using var slow = Simulator.Provoke("SIMULATOR_SLOW_KNOB", "0");
        Assert.Equal("engine 12 knobs 6=0", Tune(Tuned with { Candidates = 1 }));
    }

    [SkippableFact]
    public void Autotuning_can_be_turned_off()
    {
        using var slow = Simulator.Provoke("SIMULATOR_SLOW_KNOB", "0");
        Assert.Equal("engine 12 knobs 6=0", Tune(Tuned with { Autotune = false }));
        Assert.False(File.Exists(CacheFile));
    }

    [SkippableFact]
    public void Scratch_memory_that_does_not_hold_the_operands_is_not_used()
    {
        using var memory = new DeviceScope(Driver, Stream);
        using var convolutions = Open(Tuned);
        var scratch = new ConvolutionScratch(memory.Upload(new byte[64], 0, 0), 64);
        Assert.True(convolutions.TryPrepare(Shape, scratch, Stream, out var plan));
        Assert.Equal(0, plan.Milliseconds);
    }

    [SkippableFact]
    public void Scratch_memory_is_not_overrun()
    {
        using var memory = new DeviceScope(Driver, Stream);
        using var convolutions = Open(Tuned);

        // Room for the workspace of the second setting only.
        var bytes = Shape.ScratchBytes() + 2048;
        var scratch = new ConvolutionScratch(memory.Upload(new byte[bytes], 256, 0x5A), bytes);
        Assert.True(convolutions.TryPrepare(Shape, scratch, Stream, out var plan));
        Assert.NotEqual("engine 12 knobs 6=0", plan.Engine);
        memory.CheckGuard(scratch.Address, bytes, 256, 0x5A, "scratch memory");
    }

    [SkippableFact]
    public void Engines_that_fail_when_timed_leave_the_first_unremembered()
    {
        using var broken = Simulator.Provoke("SIMULATOR_EXECUTION_FAILS");
        Assert.Equal("engine 12 knobs 6=0", Tune(Tuned));
        Assert.False(File.Exists(CacheFile));
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1, 2]")]
    [InlineData("null")]
    [InlineData("{\"Format\": 99, \"Choices\": {}}")]
    [InlineData("{\"Format\": 1}")]
    [InlineData("{\"Format\": 1, \"Choices\": {\"a\": null}}")]
    [InlineData("{\"Format\": 1, \"Choices\": {\"a\": {\"b\": {\"Index\": \"c\"}}}}")]
    public void A_damaged_file_counts_as_empty_and_is_replaced(string content)
    {
        File.WriteAllText(CacheFile, content);
        using var slow = Simulator.Provoke("SIMULATOR_SLOW_KNOB", "0");
        Assert.Equal("engine 12 knobs 6=1", Tune(Tuned));
        Assert.NotNull(new AutotuneCache(folder, Machine).Find(Shape));
    }

    [SkippableFact]
    public void A_choice_that_is_proposed_no_more_is_forgotten()
    {
        var cache = new AutotuneCache(folder, Machine);
        cache.Remember(Shape, new AutotuneChoice("engine 99", 0, 0, 1));
        Assert.True(cache.Save());
        using var slow = Simulator.Provoke("SIMULATOR_SLOW_KNOB", "0");
        Assert.Equal("engine 12 knobs 6=1", Tune(Tuned));
        Assert.Equal("engine 12 knobs 6=1", new AutotuneCache(folder, Machine).Find(Shape)!.Engine);
    }

    [SkippableFact]
    public void Choices_belong_to_a_machine_and_those_of_others_stay()
    {
        var (mine, others) = (new AutotuneCache(folder, "a"), new AutotuneCache(folder, "b"));
        mine.Remember(Shape, new AutotuneChoice("engine 1", 0, 0, 1));
        others.Remember(Shape, new AutotuneChoice("engine 2", 1, 16, 2));
        Assert.True(mine.Save());
        Assert.True(others.Save());
        Assert.Equal(new AutotuneChoice("engine 1", 0, 0, 1), new AutotuneCache(folder, "a").Find(Shape));
        Assert.Equal(new AutotuneChoice("engine 2", 1, 16, 2), new AutotuneCache(folder, "b").Find(Shape));
        Assert.Null(new AutotuneCache(folder, "c").Find(Shape));
        Assert.Null(new AutotuneCache(folder, "a").Find(Shape with { Images = 3 }));
        Assert.Equal([CacheFile], Directory.GetFiles(folder));
    }

    [Fact]
    public void What_is_forgotten_is_no_longer_in_the_file()
    {
        var first = new AutotuneCache(folder, "a");
        first.Remember(Shape, new AutotuneChoice("engine 1", 0, 0, 1));
        Assert.True(first.Save());
        var second = new AutotuneCache(folder, "a");
        second.Forget(Shape);
        Assert.True(second.Save());
        Assert.Null(new AutotuneCache(folder, "a").Find(Shape));
        second.Remember(Shape, new AutotuneChoice("engine 2", 0, 0, 1));
        Assert.True(second.Save());
        Assert.Equal("engine 2", new AutotuneCache(folder, "a").Find(Shape)?.Engine);
    }

    [SkippableFact]
    public void A_cache_that_cannot_be_written_is_no_error()
    {
        var file = Path.Combine(folder, "file");
        File.WriteAllText(file, "");
        using var slow = Simulator.Provoke("SIMULATOR_SLOW_KNOB", "0");
        Assert.Equal("engine 12 knobs 6=1", Tune(Tuned with { CacheFolder = file }));
    }

    [SkippableFact]
    public void The_environment_names_the_folder()
    {
        string[] variables = [AutotuneCache.FolderVariable, "XDG_CACHE_HOME", "XDG_DATA_HOME"];
        string?[] before = [.. variables.Select(Environment.GetEnvironmentVariable)];
        try
        {
            Environment.SetEnvironmentVariable(variables[0], folder);
            Assert.Equal(folder, AutotuneCache.DefaultFolder);
            Environment.SetEnvironmentVariable(variables[0], null);
            Environment.SetEnvironmentVariable(variables[1], folder);
            Assert.Equal(Path.Combine(folder, "fovea"), AutotuneCache.DefaultFolder);

            // As on a machine on which nothing has been kept yet.
            var absent = Path.Combine(folder, "not", "there");
            Environment.SetEnvironmentVariable(variables[1], null);
            Environment.SetEnvironmentVariable(variables[2], absent);
            Assert.Equal(Path.Combine(absent, "fovea"), AutotuneCache.DefaultFolder);
        }
        finally
        {
            foreach (var (variable, value) in variables.Zip(before))
            {
                Environment.SetEnvironmentVariable(variable, value);
            }
        }
    }

    private string Machine => $"Simulated GPU; cuDNN 9.10.2; {Driver.Description}";

    private string Tune(CudnnOptions options)
    {
        using var memory = new DeviceScope(Driver, Stream);
        using var convolutions = Open(options);
        var bytes = Shape.ScratchBytes() + 8192;
        var scratch = new ConvolutionScratch(memory.Upload(new byte[bytes], 0, 0), bytes);
        Assert.True(convolutions.TryPrepare(Shape, scratch, Stream, out var plan));
        return plan.Engine;
    }
}
