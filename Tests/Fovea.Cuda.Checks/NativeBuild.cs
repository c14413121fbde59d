using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Fovea.Cuda.Checks;

/// <summary>
/// Compiles C++ for a test. A result lies in a folder named by the hash of everything that went into it, so the same sources are compiled
/// once on a machine, and changed ones never meet an old result.
/// </summary>
public static class NativeBuild
{
    private static readonly Lock Gate = new();

    /// <summary>The compiler: what CXX names, else g++, else c++; null when there is none.</summary>
    public static string? Compiler { get; } = FindCompiler();

    /// <summary>Why nothing can be compiled here, or null.</summary>
    public static string? Obstacle => Compiler is null ? "There is no C++ compiler: install g++ or name one in CXX." : null;

    /// <summary>A shared library.</summary>
    /// <param name="name">The file's name, for example libcuda.so.1.</param>
    /// <param name="sources">C++ files. What lies in their folders may be included.</param>
    /// <param name="options">More for the compiler, for example -DVALUE=float.</param>
    /// <returns>The file's path.</returns>
    public static string SharedLibrary(string name, IReadOnlyList<string> sources, params string[] options) =>
        Build(name, sources, ["-shared", "-fPIC", .. options]);

    /// <summary>A program.</summary>
    /// <inheritdoc cref="SharedLibrary"/>
    public static string Program(string name, IReadOnlyList<string> sources, params string[] options) => Build(name, sources, options);

    private static string Build(string name, IReadOnlyList<string> sources, string[] options)
    {
        var compiler = Compiler ?? throw new InvalidOperationException(Obstacle);
        string[] arguments = ["-std=c++20", "-O2", "-g", "-Wall", .. options];
        var folder = Path.Combine(Path.GetTempPath(), "fovea-native", Hash(compiler, arguments, sources));
        var result = Path.Combine(folder, name);
        lock (Gate)
        {
            if (File.Exists(result))
            {
                return result;
            }

            Directory.CreateDirectory(folder);

            // Another process may compile the same: each writes a file of its own, and the last to finish puts the same bytes in place.
            var unfinished = $"{result}.{Environment.ProcessId}";
            Run(compiler, [.. arguments, "-o", unfinished, .. sources, "-ldl", "-pthread"]);
            File.Move(unfinished, result, overwrite: true);
            return result;
        }
    }

    private static string Hash(string compiler, string[] arguments, IReadOnlyList<string> sources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(Encoding.UTF8.GetBytes(string.Join('\n', [compiler, .. arguments, .. sources.Select(Path.GetFileName)])));
        var folders = sources.Select(source => Path.GetDirectoryName(Path.GetFullPath(source))!).Distinct(StringComparer.Ordinal);
        foreach (var file in folders.SelectMany(Directory.EnumerateFiles).Order(StringComparer.Ordinal))
        {
            Append(Encoding.UTF8.GetBytes(Path.GetFileName(file)));
            Append(File.ReadAllBytes(file));
        }

        return Convert.ToHexString(hash.GetHashAndReset())[..16];

        void Append(byte[] bytes)
        {
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }

    private static void Run(string compiler, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(compiler, arguments) { RedirectStandardError = true })!;
        var text = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{compiler} {string.Join(' ', arguments)} failed with {process.ExitCode}:\n{text}");
        }
    }

    private static string? FindCompiler()
    {
        string?[] names = [Environment.GetEnvironmentVariable("CXX"), "g++", "c++"];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return names.Where(name => !string.IsNullOrEmpty(name))
            .SelectMany(name => folders.Select(folder => Path.Combine(folder, name!))).FirstOrDefault(File.Exists);
    }
}
