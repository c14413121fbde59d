namespace Fovea.Docs.Tests;

/// <summary>
/// How a block is compiled, by the comment before it. Without one it is a program, or declarations, of its own.
/// <code>
/// &lt;!-- compiled with: detector, train --&gt;   behind these preludes
/// &lt;!-- run with: detector --&gt;               the same, and run in a folder with pictures, weights and a data set
/// &lt;!-- run --&gt;                              a program of its own, and run
/// &lt;!-- not compiled: why --&gt;
/// </code>
/// </summary>
/// <param name="Preludes">Names of <see cref="Tests.Preludes"/>; "above" is the block before it.</param>
/// <param name="IsRun">Whether it is run.</param>
/// <param name="WhyNot">Why it is not compiled; null: it is.</param>
internal sealed record Marker(IReadOnlyList<string> Preludes, bool IsRun, string? WhyNot)
{
    /// <summary>What a comment says; one that says nothing of compiling is a comment like any other.</summary>
    public static Marker Of(CodeBlock block) => block.Marker?.Split(':', 2, StringSplitOptions.TrimEntries) switch
    {
        ["compiled with", var names] => new(Names(block, names), false, null),
        ["run with", var names] => new(Names(block, names), true, null),
        ["run"] => new([], true, null),
        ["not compiled", { Length: > 0 } why] => new([], false, why),
        [{ } first, ..] when first.Contains("compile", StringComparison.Ordinal) => throw new FormatException(
            $"{block.File}({block.Line}): <!-- {block.Marker} --> is not understood: "
            + "expected \"compiled with: …\", \"run with: …\", \"run\" or \"not compiled: why\"."),
        _ => new([], false, null),
    };

    private static string[] Names(CodeBlock block, string names)
    {
        var all = names.Split(',', StringSplitOptions.TrimEntries);
        return Array.Find(all, n => !Tests.Preludes.All.ContainsKey(n)) is not { } unknown
            ? all
            : throw new FormatException(
                $"{block.File}({block.Line}): there is no prelude \"{unknown}\"; "
                + $"expected some of {string.Join(", ", Tests.Preludes.All.Keys)}.");
    }
}
