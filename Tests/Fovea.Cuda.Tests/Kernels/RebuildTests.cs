using Fovea.Kernels.Compiler;

namespace Fovea.Cuda.Tests.Kernels;

/// <summary>The committed PTX against the compiler's, to the byte: no file was edited by hand, and flags count, too.</summary>
public class RebuildTests
{
    [SkippableFact]
    public void A_rebuild_gives_the_same_bytes()
    {
        Skip.If(Clang.Path is null, "There is no clang 19: apt-get install --no-install-recommends clang-19.");

        var different = Output.Of(KernelTree.Folder, [])
            .Where(f => !File.Exists(f.Path) || File.ReadAllText(f.Path).ReplaceLineEndings("\n") != f.Text)
            .Select(f => Path.GetFileName(f.Path)).ToList();

        KernelTree.None(different.Select(name => $"{name} is not what its source compiles to; run: {KernelTree.BuildCommand()}"));
    }
}
