using Fovea.Kernels.Compiler;

namespace Fovea.Cuda.Tests.Kernels;

/// <summary>That the rules see what they are for.</summary>
public class PtxRulesTests
{
    private const string Good = """
        // fovea module=probe.any arch=sm_80 source-sha256=00
        .version 7.0
        .target sm_80
        .address_size 64
        .shared .align 4 .b8 _ZZ5probeE4tile[4096];
        .shared .align 4 .b8 _ZZ5probeE5tile2[65536];
        // probe
        .visible .entry probe(
        	.param .u64 probe_param_0,
        	.param .u32 probe_param_1,
        	.param .f32 probe_param_2
        )
        .maxntid 16, 8, 1
        {
        	// begin inline asm: in a comment, a call counts for nothing
        	mov.u32 %r1, _ZZ5probeE4tile;
        	ret;
        }
        """;

    private static readonly KernelSignature Signature = new(
        "probe", "probe", 128, [new("x", KernelType.FloatPointer), new("n", KernelType.Int), new("f", KernelType.Float)]);

    private static readonly WantedPtx Wanted = new(new KernelSource("probe.cu", ["any"], []), "any", "sm_80", "7.0");

    private static readonly PtxFile File = Parse(Good);

    [Fact]
    public void A_good_file_has_no_problems()
    {
        Assert.Equal("// fovea module=probe.any arch=sm_80 source-sha256=00", File.Header);
        Assert.Equal(4096, File.SharedBytes(Assert.Single(File.Entries)));
        Assert.Empty(PtxRules.Fits(Wanted, File));
        Assert.Empty(PtxRules.Matches("probe", File, [Signature]));
        Assert.Empty(PtxRules.Contents("probe", File));
    }

    [Fact]
    public void Another_version_or_target_is_a_problem()
    {
        Assert.Single(PtxRules.Fits(Wanted with { Version = "6.4" }, File));
        Assert.Single(PtxRules.Fits(Wanted with { Architecture = "sm_75" }, File));
    }

    [Fact]
    public void Other_entries_parameters_or_threads_are_problems()
    {
        Assert.Contains("has no entry other", Assert.Single(
            PtxRules.Matches("probe", File, [Signature, Signature with { Name = "other" }])));
        Assert.Contains("nothing launches", Assert.Single(PtxRules.Matches("probe", File, [])));
        Assert.Contains(".maxntid 128", Assert.Single(PtxRules.Matches("probe", File, [Signature with { Threads = 256 }])));
        Assert.Contains("launches give (u64)", Assert.Single(
            PtxRules.Matches("probe", File, [Signature with { Parameters = [new("n", KernelType.Long)] }])));
    }

    [Theory]
    [InlineData("\tcall.uni (retval0), f, (param0);")]
    [InlineData("\tcall f;")]
    [InlineData(".extern .func (.param .b32 r) expf(.param .b32 x);")]
    [InlineData("\t.file 1 \"k\"")]
    [InlineData("// from /some/folder/k")]
    [InlineData("// k.cu")]
    [InlineData("\t.local .align 4 .b8 __local_depot0[16];")]
    [InlineData("\tmov.u32 %r2, _ZZ5probeE5tile2;")]
    public void Calls_paths_local_memory_and_too_much_shared_memory_are_problems(string line) =>
        Assert.NotEmpty(PtxRules.Contents(
            "probe", Parse(File.Text.Replace("\tret;", line + "\n\tret;", StringComparison.Ordinal))));

    private static PtxFile Parse(string text) => PtxFile.Parse(text.ReplaceLineEndings("\n"));
}
