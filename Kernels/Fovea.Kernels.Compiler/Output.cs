using System.Text;

namespace Fovea.Kernels.Compiler;

/// <summary>A file that a build writes.</summary>
public sealed record OutputFile(string Path, string Text);

/// <summary>Everything that a build writes.</summary>
public static class Output
{
    /// <summary>The files of the named sources, or of all.</summary>
    public static IReadOnlyList<OutputFile> Of(KernelFolder folder, IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var sources = folder.Sources().Where(s => names.Count == 0 || names.Contains(s.Name)).ToList();
        var files = sources.Select(s => Launches(folder, s)).ToList();
        var jobs = sources.SelectMany(s => s.Variants.SelectMany(v => Clang.Targets.Select(t => (s, v, t)))).ToList();
        files.AddRange(jobs.AsParallel().AsOrdered().Select(j => Ptx(folder, j.s, j.v, j.t.Architecture, j.t.Ptx)));
        return files;
    }

    /// <summary>The first line of a PTX: which module it is, and which source it was made from.</summary>
    public static string Header(KernelFolder folder, KernelSource source, string variant, string architecture)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(source);
        return $"// fovea module={source.Name}.{variant} arch={architecture} source-sha256={folder.HashOf(source)}";
    }

    /// <summary>The typed launches of a source.</summary>
    public static OutputFile Launches(KernelFolder folder, KernelSource source)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(source);
        return new OutputFile(
            System.IO.Path.Combine(folder.Root, "Generated", $"{LaunchWriter.Pascal(source.Name)}Kernels.g.cs"), LaunchWriter.Write(source));
    }

    private static OutputFile Ptx(KernelFolder folder, KernelSource source, string variant, string architecture, string ptx)
    {
        var text = new StringBuilder();
        text.Append(Header(folder, source, variant, architecture)).Append('\n');
        text.Append(Clang.ToPtx(source, variant, architecture, ptx));
        return new OutputFile(System.IO.Path.Combine(folder.Root, "ptx", $"{source.Name}.{variant}.{architecture}.ptx"), text.ToString());
    }
}
