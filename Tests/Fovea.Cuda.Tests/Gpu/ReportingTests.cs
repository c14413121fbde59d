using Fovea.Gpu.Convolutions;
using Fovea.Gpu.Machines;
using Fovea.Gpu.Reporting;
using Fovea.Gpu.Running;
using Fovea.Gpu.Stages;

namespace Fovea.Cuda.Tests.Gpu;

/// <summary>What the GPU check reads and writes.</summary>
public class ReportingTests
{
    [Theory]
    [InlineData(true, 1.5)]
    [InlineData(false, null)]
    [InlineData(null, 3.0)]
    public void An_entry_is_a_line_of_json_and_comes_back(bool? ok, double? value)
    {
        var entry = new Entry("stage", "an \"item\"", ok, value, "ms", "a\nnote", IsDetail: true);
        var line = entry.ToJson();
        Assert.DoesNotContain('\n', line);
        Assert.Equal(entry, Entry.TryParse(line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"stage\":\"a\",")]
    [InlineData("[1]")]
    public void A_broken_line_is_no_entry(string line) => Assert.Null(Entry.TryParse(line));

    [Fact]
    public void The_table_leaves_out_details_that_are_well()
    {
        var table = ResultTable.Render(
        [
            new("a", "seen", true, 2, "ms", ""), new("a", "hidden", true, 1, "", "", true), new("b", "broken", false, null, "", "why", true),
        ]);
        Assert.Contains("seen", table, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", table, StringComparison.Ordinal);
        Assert.Contains("broken", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Resources_are_read_from_ptxas()
    {
        const string Text = """
            ptxas info    : 0 bytes gmem
            ptxas info    : Compiling entry function 'relu' for 'sm_90'
            ptxas info    : Function properties for relu
                0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
            ptxas info    : Used 14 registers, used 0 barriers
            ptxas info    : Compiling entry function 'conv_forward' for 'sm_90'
            ptxas info    : Function properties for conv_forward
                16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
            ptxas info    : Used 255 registers, used 1 barriers, 16 bytes cumulative stack size, 2048 bytes smem
            """;
        KernelResources[] expected = [new("relu", 14, 0, 0, 0), new("conv_forward", 255, 20, 16, 2048)];
        Assert.Equal(expected, Ptxas.Parse(Text));
        Assert.Equal(75, AssemblyStage.CapabilityOf("conv.bf16.sm_75.ptx"));
    }

    [Fact]
    public void Options_are_parsed_and_handed_to_children()
    {
        var options = GpuOptions.Parse(["--out", "o", "--quick", "--recording", "--only", "2", "--python", "p"]);
        Assert.Equal(("o", true, MachineKind.Recording), (options.Out, options.Quick, options.Machine));
        Assert.Equal(("2", "p"), (options.Only, options.Python));
        var child = GpuOptions.Parse([.. options.ForChild("fusion")]);
        Assert.Equal(options with { Only = "fusion", IsChild = true }, child);
        Assert.Throws<ArgumentException>(() => GpuOptions.Parse(["--unknown"]));
        Assert.Throws<ArgumentException>(() => GpuOptions.Parse(["--out"]));
    }

    [Fact]
    public void ResNet50_has_its_convolutions()
    {
        var all = ResNet50Convolutions.All(1, 800, 91);
        Assert.Equal(53 + 6 + 2 + (5 * 10), all.Sum(c => c.Count));
        Assert.Equal(all.Count, all.Select(c => c.Shape with { Name = "" }).Distinct().Count());
        Assert.InRange(all.Sum(c => c.Count * c.Operations) / 2e9, 120, 170);
        Assert.Equal(8, ResNet50Convolutions.Some(8, 800, 91).Count);
    }

    [SkippableFact]
    public void The_PyTorch_reference_speaks_the_lines_that_are_read()
    {
        var lines = TorchReference.Run("python3", ["--what", "rehearse", "--size", "640"], TimeSpan.FromMinutes(1), out var failure);
        Skip.If(failure?.StartsWith("python3:", StringComparison.Ordinal) == true, failure);
        Assert.Null(failure);
        Assert.Equal(3, lines.Count);
        Assert.Equal("torchvision rehearse training 640×640", lines[0].Item);
        Assert.Equal("ms", lines[0].Unit);
    }
}
