using System.Globalization;

namespace Fovea.Cuda;

/// <summary>
/// The folders in which the active Python environment keeps its packages. Python is not started: the layout tells. First the environment
/// that is active by its variables, then the interpreter that the shell would start.
/// </summary>
internal static class PythonFolders
{
    /// <summary>Existing package folders, best first, each once.</summary>
    public static IEnumerable<string> Find(LibraryEnvironment environment) =>
        Prefixes(environment).Where(prefix => Directory.Exists(prefix.Folder))
            .SelectMany(prefix => PackagesOf(prefix, environment.IsWindows))
            .Where(Directory.Exists).Distinct(StringComparer.Ordinal);

    private static IEnumerable<Prefix> Prefixes(LibraryEnvironment environment)
    {
        foreach (var variable in (string[])["VIRTUAL_ENV", "CONDA_PREFIX"])
        {
            if (environment.ValueOf(variable) is { } folder)
            {
                yield return new Prefix(folder, null);
            }
        }

        if (FindInterpreter(environment) is not { } interpreter)
        {
            yield break;
        }

        var target = TargetOf(interpreter);
        var version = VersionOf(target);
        yield return new Prefix(PrefixOf(interpreter, environment.IsWindows), version);
        if (PyenvPrefix(interpreter, environment) is { } chosen)
        {
            yield return new Prefix(chosen, null);
        }

        yield return new Prefix(PrefixOf(target, environment.IsWindows), version);
        if (environment.ValueOf("HOME") is { } home && !environment.IsWindows)
        {
            yield return new Prefix(Path.Combine(home, ".local"), version);
        }
    }

    private static string? FindInterpreter(LibraryEnvironment environment)
    {
        string[] names = environment.IsWindows ? ["python3.exe", "python.exe"] : ["python3"];
        var folders = (environment.ValueOf("PATH") ?? "").Split(environment.IsWindows ? ';' : ':', StringSplitOptions.RemoveEmptyEntries);
        return folders.SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    /// <summary>The file behind links: in a virtual environment python3 is a link, and packages may lie at either end.</summary>
    private static string TargetOf(string interpreter)
    {
        try
        {
            return File.ResolveLinkTarget(interpreter, returnFinalTarget: true)?.FullName ?? interpreter;
        }
        catch (IOException)
        {
            return interpreter;
        }
    }

    /// <summary>/usr for /usr/bin/python3; on Windows the interpreter lies in the prefix, or in its Scripts.</summary>
    private static string PrefixOf(string interpreter, bool windows)
    {
        var folder = Path.GetDirectoryName(interpreter)!;
        var nested = !windows || string.Equals(Path.GetFileName(folder), "Scripts", StringComparison.OrdinalIgnoreCase);
        return nested ? Path.GetDirectoryName(folder) ?? folder : folder;
    }

    /// <summary>3.12 for /usr/bin/python3.12, or null.</summary>
    private static string? VersionOf(string interpreter)
    {
        var name = Path.GetFileName(interpreter);
        return name.StartsWith("python3.", StringComparison.Ordinal) && char.IsAsciiDigit(name[^1]) ? name["python".Length..] : null;
    }

    /// <summary>The version that a pyenv shim would start: PYENV_VERSION, or the first line of the file named version.</summary>
    private static string? PyenvPrefix(string interpreter, LibraryEnvironment environment)
    {
        var folder = Path.GetDirectoryName(interpreter)!;
        if (Path.GetFileName(folder) != "shims" || Path.GetDirectoryName(folder) is not { } root)
        {
            return null;
        }

        var file = Path.Combine(root, "version");
        var version = environment.ValueOf("PYENV_VERSION") ?? (File.Exists(file) ? File.ReadLines(file).FirstOrDefault()?.Trim() : null);
        return string.IsNullOrEmpty(version) ? null : Path.Combine(root, "versions", version.Split(':')[0]);
    }

    private static IEnumerable<string> PackagesOf(Prefix prefix, bool windows)
    {
        if (windows)
        {
            return [Path.Combine(prefix.Folder, "Lib", "site-packages")];
        }

        var libraries = (string[])[Path.Combine(prefix.Folder, "lib"), Path.Combine(prefix.Folder, "local", "lib")];
        return libraries.Where(Directory.Exists).SelectMany(library => VersionsIn(library, prefix.Version))
            .SelectMany(version => (string[])[Path.Combine(version, "site-packages"), Path.Combine(version, "dist-packages")]);
    }

    /// <summary>python3.X folders, newest first; of a known interpreter only its own, and Debian's common python3.</summary>
    private static IEnumerable<string> VersionsIn(string library, string? version) =>
        Directory.EnumerateDirectories(library, "python3*")
            .Where(folder => version is null || Path.GetFileName(folder) == "python" + version || Path.GetFileName(folder) == "python3")
            .OrderByDescending(MinorOf);

    private static int MinorOf(string folder)
    {
        var name = Path.GetFileName(folder.AsSpan());
        var digits = name.Length > "python3.".Length ? name["python3.".Length..].TrimEnd('t') : default;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? minor : -1;
    }

    private readonly record struct Prefix(string Folder, string? Version);
}
