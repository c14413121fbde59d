using System.Text;

namespace Fovea.Kernels.Compiler;

/// <summary>A file that a build writes.</summary>
public sealed record OutputFile(string Path, string Text);

/// <summary>Everything that a build writes.</summary>
public static class Output
{
    /// <summary>The files of the named sources, or of all; and the list of all kernels, which every build renews.</summary>
    public static IReadOnlyList<OutputFile> Of(KernelFolder folder, IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var all = folder.Sources();
        var sources = all.Where(s => names.Count == 0 || names.Contains(s.Name)).ToList();
        var files = sources.Select(s => Launches(folder, s)).Append(Catalog(folder, all)).ToList();
        var jobs = sources.SelectMany(s => s.Variants.SelectMany(v => Clang.Targets.Select(t => (s, v, t)))).ToList();
        files.AddRange(jobs.AsParallel().AsOrdered().Select(j => Ptx(folder, j.s, j.v, j.t.Architecture, j.t.Ptx)));
        return files;
    }

    /// <summary>The first line of a PTX: which module it is, and which source it was made from.</summary>
    public static string Header(KernelSource source, string variant, string architecture)
    {
        ArgumentNullException.ThrowIfNull(source);
        return $"// fovea module={source.Name}.{variant} arch={architecture} source-sha256={SourceHash.Of(source.Path)}";
    }

    /// <summary>The typed launches of a source.</summary>
    public static OutputFile Launches(KernelFolder folder, KernelSource source)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(source);
        return new OutputFile(
            System.IO.Path.Combine(folder.Root, "Generated", $"{LaunchWriter.Pascal(source.Name)}Kernels.g.cs"),
            LaunchWriter.Write(source));
    }

    /// <summary>The list of all kernels.</summary>
    public static OutputFile Catalog(KernelFolder folder, IReadOnlyList<KernelSource> sources)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return new OutputFile(System.IO.Path.Combine(folder.Root, "Generated", "KernelCatalog.g.cs"), CatalogWriter.Write(sources));
    }

    private static OutputFile Ptx(KernelFolder folder, KernelSource source, string variant, string architecture, string ptx)
    {
        var text = new StringBuilder();
        text.Append(Header(source, variant, architecture)).Append('\n');
        text.Append(Clang.ToPtx(source, variant, architecture, ptx));
        return new OutputFile(System.IO.Path.Combine(folder.Root, "ptx", $"{source.Name}.{variant}.{architecture}.ptx"), text.ToString());
    }
}
