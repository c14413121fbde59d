using System.Runtime.InteropServices;

namespace Fovea.Cuda;

/// <summary>What the search for libraries sees of the machine; a test brings its own.</summary>
internal sealed record LibraryEnvironment
{
    /// <summary>The process's.</summary>
    public static LibraryEnvironment System { get; } = new();

    /// <summary>Whether files are named as on Windows.</summary>
    public bool IsWindows { get; init; } = OperatingSystem.IsWindows();

    /// <summary>An environment variable's value, or null.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Loads a library.</summary>
    public LibraryLoader Load { get; init; } = LoadNative;

    /// <summary>A variable's value; empty is null.</summary>
    internal string? ValueOf(string name) => Variable(name) is { Length: > 0 } value ? value : null;

    private static nint LoadNative(string path, out string? reason)
    {
        reason = null;
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            reason = ReasonIn(exception.Message);
            return 0;
        }
    }

    /// <summary>The loader's own words: .NET puts advice before them and variants of the name after them.</summary>
    private static string ReasonIn(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Skip(1).FirstOrDefault(line => line.Contains(": ", StringComparison.Ordinal)) ?? lines[0];
    }
}

/// <summary>Loads a library from a path, or from a name that the system's loader looks up.</summary>
/// <param name="path">A file, or a name.</param>
/// <param name="reason">Why not, when the result is 0.</param>
/// <returns>A handle, or 0.</returns>
internal delegate nint LibraryLoader(string path, out string? reason);
