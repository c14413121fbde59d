using System.Text.RegularExpressions;
using Fovea.Kernels.Compiler;

namespace Fovea.Cuda.Tests.Kernels;

/// <summary>What a PTX file of ours must be, whatever it computes. Each rule gives the problems that it finds.</summary>
internal static partial class PtxRules
{
    /// <summary>What a block can have of static shared memory on any device.</summary>
    private const int SharedLimit = 48 << 10;

    /// <summary>Kernels that may use local memory (registers that spill, arrays with a running index), and why. None may so far.</summary>
    private static readonly Dictionary<string, string> LocalAllowed = [];

    public static IEnumerable<string> Fits(WantedPtx wanted, PtxFile file)
    {
        if (file.Version != wanted.Version || file.Target != wanted.Architecture)
        {
            yield return $"{wanted.Name}: expected .version {wanted.Version} .target {wanted.Architecture}, "
                + $"found .version {file.Version} .target {file.Target}";
        }
    }

    /// <summary>Entries against the signatures that the C# launches are compiled with.</summary>
    public static IEnumerable<string> Matches(string name, PtxFile file, IEnumerable<KernelSignature> signatures)
    {
        var entries = file.Entries.ToDictionary(e => e.Name);
        foreach (var signature in signatures)
        {
            if (!entries.Remove(signature.Name, out var entry))
            {
                yield return $"{name}: has no entry {signature.Name}";
                continue;
            }

            var expected = string.Join(' ', signature.Parameters.Select(p => TypeOf(p.Type)));
            var actual = string.Join(' ', entry.Parameters);
            if (expected != actual)
            {
                yield return $"{name}: {entry.Name} takes ({actual}), launches give ({expected})";
            }

            if (entry.Threads != signature.Threads)
            {
                yield return $"{name}: {entry.Name} has .maxntid {entry.Threads}, launches expect {signature.Threads}";
            }
        }

        foreach (var entry in entries.Keys)
        {
            yield return $"{name}: nothing launches the entry {entry}";
        }
    }

    /// <summary>Instructions and directives that are slow, need a linker, or tell where the file was built.</summary>
    public static IEnumerable<string> Contents(string name, PtxFile file)
    {
        var code = Comment().Replace(file.Text, "");
        foreach (Match match in Unwanted().Matches(code))
        {
            yield return $"{name}: holds \"{match.Value.Trim()}\"";
        }

        foreach (Match match in FilePath().Matches(file.Text))
        {
            yield return $"{name}: names the file \"{match.Value}\"";
        }

        foreach (var entry in file.Entries)
        {
            if (Local().IsMatch(entry.Body) && !LocalAllowed.ContainsKey($"{name.Split('.')[0]}.{entry.Name}"))
            {
                yield return $"{name}: {entry.Name} uses local memory; unroll the loop whose index chooses an element of an array";
            }

            if (file.SharedBytes(entry) > SharedLimit)
            {
                yield return $"{name}: {entry.Name} has {file.SharedBytes(entry)} bytes of static shared memory, "
                    + $"expected {SharedLimit} at most";
            }
        }
    }

    private static string TypeOf(KernelType type) => type switch
    {
        KernelType.Int => "u32",
        KernelType.Float => "f32",
        KernelType.Double => "f64",
        _ => "u64",
    };

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"(?<![\w.$])call(\.uni)?\s.*|\.extern\s+\.func.*|\.func\b.*|^\s*\.(file|loc|section)\b.*", RegexOptions.Multiline)]
    private static partial Regex Unwanted();

    [GeneratedRegex(@"(?<![\w/])(/[\w.-]+){2,}|[\w/-]+\.(cu|h|cpp)\b")]
    private static partial Regex FilePath();

    [GeneratedRegex(@"\.local\b")]
    private static partial Regex Local();
}
