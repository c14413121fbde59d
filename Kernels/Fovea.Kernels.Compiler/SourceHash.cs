using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Fovea.Kernels.Compiler;

/// <summary>SHA-256 over a source and the headers that it includes: what decides its PTX beside the compiler's flags.</summary>
public static partial class SourceHash
{
    /// <summary>What only the host's compiler reads: a change there leaves the PTX as it is.</summary>
    private const string HostOnly = "khost.h";

    /// <summary>The hash in hexadecimal digits.</summary>
    /// <param name="source">The .cu file.</param>
    /// <exception cref="FileNotFoundException">A header is not there.</exception>
    public static string Of(string source)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in FilesOf(source))
        {
            // Line ends do not count: a checkout may change them.
            hash.AppendData(Encoding.UTF8.GetBytes(File.ReadAllText(path).ReplaceLineEndings("\n")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The files that it is over: headers in an order that is the same everywhere, then the source.</summary>
    /// <param name="source">The .cu file.</param>
    public static IReadOnlyList<string> FilesOf(string source)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Follow(source, headers);
        return [.. headers.Values, source];
    }

    private static void Follow(string path, SortedDictionary<string, string> headers)
    {
        foreach (var name in Include().Matches(File.ReadAllText(path)).Select(m => m.Groups["name"].Value))
        {
            var header = Path.Combine(Path.GetDirectoryName(path)!, name);
            if (name != HostOnly && headers.TryAdd(name, header))
            {
                Follow(header, headers);
            }
        }
    }

    [GeneratedRegex("^[ \\t]*#[ \\t]*include[ \\t]+\"(?<name>[^\"]+)\"", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Include();
}
