using System.Text;
using Fovea.Kernels.Compiler;

namespace Fovea.Cuda.Tests.Kernels;

/// <summary>The kernels' sources in the repository, and the PTX that the assembly carries, parsed.</summary>
internal static class KernelTree
{
    public static KernelFolder Folder { get; } = KernelFolder.Find();

    public static IReadOnlyList<KernelSource> Sources { get; } = Folder.Sources();

    /// <summary>Every PTX of the assembly by the name of its resource.</summary>
    public static IReadOnlyDictionary<string, PtxFile> Files { get; } =
        PtxLibrary.Names.ToDictionary(n => n, n => PtxFile.Parse(Encoding.UTF8.GetString(PtxLibrary.Read(n)).TrimEnd('\0')));

    /// <summary>Every PTX that the sources ask for.</summary>
    public static IReadOnlyList<WantedPtx> Wanted { get; } =
    [
        .. from source in Sources
           from variant in source.Variants
           from target in Clang.Targets
           select new WantedPtx(source, variant, target.Architecture, $"{target.Ptx[^2]}.{target.Ptx[^1]}"),
    ];

    /// <summary>The wanted PTX that are there.</summary>
    public static IEnumerable<(WantedPtx Wanted, PtxFile File)> Present =>
        Wanted.Where(w => Files.ContainsKey(w.Name)).Select(w => (w, Files[w.Name]));

    /// <summary>What to do about PTX or launches that do not fit their sources.</summary>
    public static string BuildCommand(params string[] sources) =>
        string.Join(' ', ["dotnet run -c Release --project Kernels/Fovea.Kernels.Compiler -- build", .. sources]);

    /// <summary>Fails with all problems, if there are any.</summary>
    public static void None(IEnumerable<string> problems)
    {
        var list = problems.ToList();
        Assert.True(list.Count == 0, string.Join('\n', list));
    }
}

/// <summary>A PTX that the sources ask for.</summary>
/// <param name="Source">Its source.</param>
/// <param name="Variant">For example bf16.</param>
/// <param name="Architecture">For example sm_80.</param>
/// <param name="Version">PTX's, for example 7.0.</param>
internal sealed record WantedPtx(KernelSource Source, string Variant, string Architecture, string Version)
{
    /// <summary>The resource.</summary>
    public string Name => $"{Source.Name}.{Variant}.{Architecture}.ptx";
}
