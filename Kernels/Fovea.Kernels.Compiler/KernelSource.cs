using System.Text.RegularExpressions;

namespace Fovea.Kernels.Compiler;

/// <summary>A parameter as the source declares it, for example <c>const value* x</c>.</summary>
/// <param name="Type">value*, float*, double*, int*, long*, unsigned char*, int, long, float or double.</param>
/// <param name="Name">Its name.</param>
public sealed record SourceParameter(string Type, string Name)
{
    /// <summary>Whether it is an address.</summary>
    public bool IsPointer => Type.EndsWith('*');
}

/// <summary>A kernel as the source declares it.</summary>
/// <param name="Name">The entry's name.</param>
/// <param name="Threads">Threads of a block at the most.</param>
/// <param name="Summary">The lines that begin with three slashes above it.</param>
/// <param name="Parameters">In order.</param>
public sealed record SourceKernel(string Name, int Threads, string Summary, IReadOnlyList<SourceParameter> Parameters);

/// <summary>A .cu file: its variants and the kernels it declares with KERNEL(name, threads, parameters).</summary>
/// <param name="Path">The file.</param>
/// <param name="Variants">From its first line, <c>// variants: f32 bf16 f16</c>; "any" where the network's values do not occur.</param>
/// <param name="Kernels">In the file's order.</param>
public sealed partial record KernelSource(string Path, IReadOnlyList<string> Variants, IReadOnlyList<SourceKernel> Kernels)
{
    private static readonly string[] Types =
        ["value*", "float*", "double*", "int*", "long*", "unsigned char*", "int", "long", "float", "double"];

    /// <summary>The file's name without extension.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">
    /// The first line names no variants, or a parameter has a type that no launch can give.
    /// </exception>
    public static KernelSource Parse(string path)
    {
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var first = text[..text.IndexOf('\n', StringComparison.Ordinal)];
        const string Mark = "// variants:";
        if (!first.StartsWith(Mark, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{path}: the first line is \"{first}\"; expected for example \"{Mark} f32 bf16 f16\".");
        }

        var variants = first[Mark.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new KernelSource(path, variants, [.. Declarations().Matches(text).Select(m => ParseKernel(path, m))]);
    }

    private static SourceKernel ParseKernel(string path, Match match)
    {
        var parameters = match.Groups["parameters"].Value.Split(',').Select(p => ParseParameter(path, match.Groups["name"].Value, p));
        var summary = string.Join(' ', match.Groups["summary"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.TrimStart().TrimStart('/').Trim()));
        return new SourceKernel(
            match.Groups["name"].Value, int.Parse(match.Groups["threads"].Value, System.Globalization.CultureInfo.InvariantCulture),
            summary, [.. parameters]);
    }

    private static SourceParameter ParseParameter(string path, string kernel, string declaration)
    {
        var words = declaration.Replace("*", "* ", StringComparison.Ordinal)
            .Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Where(w => w is not ("const" or "__restrict__")).ToArray();
        var type = string.Join(' ', words[..^1]).Replace(" *", "*", StringComparison.Ordinal);
        return Types.Contains(type)
            ? new SourceParameter(type, words[^1])
            : throw new InvalidDataException(
                $"{path}: kernel {kernel}: parameter \"{declaration.Trim()}\" has type \"{type}\"; "
                + $"expected one of {string.Join(", ", Types)}.");
    }

    [GeneratedRegex(
        @"(?<summary>(?:^///.*\n)*)^KERNEL\((?<name>\w+),\s*(?<threads>\d+),(?<parameters>[^)]*)\)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Declarations();
}
