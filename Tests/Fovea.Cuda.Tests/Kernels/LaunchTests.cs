using Fovea.Kernels.Compiler;

namespace Fovea.Cuda.Tests.Kernels;

/// <summary>The generated launches against the sources: a kernel whose parameters changed takes no old arguments.</summary>
public class LaunchTests
{
    [Fact]
    public void Every_launch_file_is_what_its_source_gives()
    {
        List<OutputFile> wanted =
        [
            .. KernelTree.Sources.Select(s => Output.Launches(KernelTree.Folder, s)), Output.Catalog(KernelTree.Folder, KernelTree.Sources),
        ];
        var wrong = wanted.Where(w => !File.Exists(w.Path) || File.ReadAllText(w.Path).ReplaceLineEndings("\n") != w.Text);
        var orphans = Directory.GetFiles(Path.Combine(KernelTree.Folder.Root, "Generated")).Except(wanted.Select(w => w.Path));

        KernelTree.None(
        [
            .. wrong.Select(w => $"{Path.GetFileName(w.Path)} is not what its source gives; run: {KernelTree.BuildCommand()}"),
            .. orphans.Select(p => $"{Path.GetFileName(p)} has no source; delete it"),
        ]);
    }

    [Fact]
    public void The_compiled_signatures_are_the_sources()
    {
        var sources = KernelTree.Sources.SelectMany(s => s.Kernels.Select(k =>
            $"{s.Name}.{k.Name} {k.Threads} ({string.Join(", ", k.Parameters.Select(p => p.Name))})"));
        var compiled = KernelCatalog.All.Select(s => $"{s} {s.Threads} ({string.Join(", ", s.Parameters.Select(p => p.Name))})");

        Assert.Equal(sources, compiled);
    }

    [Fact]
    public void A_sources_hash_covers_its_headers_but_not_the_hosts()
    {
        var files = SourceHash.FilesOf(KernelTree.Sources.Single(s => s.Name == "pointwise").Path).Select(Path.GetFileName);

        Assert.Equal(["kdev.h", "kptx.h", "pointwise.cu"], files);
    }
}
