using Fovea.Kernels.Compiler;

namespace Fovea.Cuda.Tests.Kernels;

/// <summary>The committed PTX against its sources and the launches. Needs no compiler and no GPU.</summary>
public class PtxTests
{
    [Fact]
    public void Every_source_has_its_variants_for_every_architecture_and_no_PTX_is_without_a_source()
    {
        var missing = KernelTree.Wanted.Where(w => !KernelTree.Files.ContainsKey(w.Name)).ToList();
        var orphans = KernelTree.Files.Keys.Except(KernelTree.Wanted.Select(w => w.Name)).ToList();

        Assert.NotEmpty(KernelTree.Files);
        KernelTree.None(
        [
            .. missing.Select(w => $"{w.Name} is missing; run: {KernelTree.BuildCommand(w.Source.Name)}"),
            .. orphans.Select(n => $"{n} has no source, or its source no such variant; delete Kernels/Fovea.Kernels/ptx/{n}"),
        ]);
    }

    [Fact]
    public void Every_PTX_names_the_source_that_it_was_made_from()
    {
        var stale = KernelTree.Present.Where(p => p.File.Header != Output.Header(p.Wanted.Source, p.Wanted.Variant, p.Wanted.Architecture));

        KernelTree.None(stale.Select(p =>
            $"{p.Wanted.Name} is stale: it was made from another {p.Wanted.Source.Name}.cu, or from other headers; "
            + $"run: {KernelTree.BuildCommand(p.Wanted.Source.Name)}"));
    }

    [Fact]
    public void Every_PTX_is_for_its_architecture() =>
        KernelTree.None(KernelTree.Present.SelectMany(p => PtxRules.Fits(p.Wanted, p.File)));

    [Fact]
    public void Every_entry_takes_what_launches_give_it() =>
        KernelTree.None(KernelTree.Present.SelectMany(p =>
            PtxRules.Matches(p.Wanted.Name, p.File, KernelCatalog.All.Where(s => s.Source == p.Wanted.Source.Name))));

    [Fact]
    public void No_PTX_calls_spills_or_tells_where_it_was_built() =>
        KernelTree.None(KernelTree.Files.SelectMany(f => PtxRules.Contents(f.Key, f.Value)));
}
