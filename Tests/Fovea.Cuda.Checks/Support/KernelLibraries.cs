namespace Fovea.Cuda.Checks;

/// <summary>The kernels' sources compiled for the host: one library for each source and variant, as the simulated GPU loads them.</summary>
public static class KernelLibraries
{
    private static readonly Lazy<string> Built = new(Build);

    /// <summary>The folder with source.variant.so.</summary>
    public static string Folder => Built.Value;

    private static string Build()
    {
        var sources = Path.Combine(AppContext.BaseDirectory, "Kernels");
        var jobs = Directory.GetFiles(sources, "*.cu").SelectMany(s => VariantsOf(s).Select(v => (Source: s, Variant: v))).ToList();
        var names = jobs.AsParallel().Select(j => NativeBuild.SharedLibrary(
            $"{Path.GetFileNameWithoutExtension(j.Source)}.{j.Variant}.so", [j.Source], "-x", "c++", "-mfma", "-mf16c", "-ffp-contract=off",
            "-Wno-unknown-pragmas", $"-DVARIANT_{j.Variant.ToUpperInvariant()}")).ToList();
        var folder = Path.Combine(AppContext.BaseDirectory, "simulated-kernels");
        Directory.CreateDirectory(folder);
        foreach (var name in names)
        {
            File.Copy(name, Path.Combine(folder, Path.GetFileName(name)), overwrite: true);
        }

        return folder;
    }

    /// <summary>From the first line: <c>// variants: f32 bf16 f16</c>.</summary>
    private static string[] VariantsOf(string source) =>
        File.ReadLines(source).First()["// variants:".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
