using System.Text.RegularExpressions;
using Fovea.Generator.Tests.Lowering;
using Fovea.Generator.Tests.Support;

namespace Fovea.Generator.Tests.Emission;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

public sealed class FingerprintTests
{
    private static readonly ModelSpec Toy = Specs.Toy(BlockKind.Basic, minLevel: 2, maxLevel: 3);

    /// <summary>Checkpoints hold it since before classes were covered: another value, and nobody's file can be read any more.</summary>
    [Fact]
    public void The_architectures_fingerprint_is_the_one_in_older_checkpoints() =>
        Assert.Equal("f50bc114998d8b4ec07945a052705f7e", Of(Toy).Architecture);

    [Theory]
    [InlineData("Thing1", "Thing0")]
    [InlineData("Thing0", "Thing2")]
    [InlineData("Thing0", null)]
    [InlineData(null, "Thing0")]
    [InlineData("Thing0", "null")]
    public void Classes_change_the_fingerprint_but_not_the_architectures(string? first, string? second)
    {
        var other = Toy with { ClassNames = new[] { first, second }.ToEquatableArray() };
        Assert.Equal(Of(Toy).Architecture, Of(other).Architecture);
        Assert.NotEqual(Of(Toy).Whole, Of(other).Whole);
    }

    [Fact]
    public void No_two_lists_of_classes_look_alike()
    {
        string?[][] lists =
        [
            ["a", "b"], ["b", "a"], ["a\nb", ""], ["", "a\nb"], ["a\", \"b", "c"], ["null", "a"], [null, "a"], ["a", null], ["A", "b"],
        ];
        var fingerprints = lists.Select(names => Of(Toy with { ClassNames = names.ToEquatableArray() }).Whole).ToArray();
        Assert.Equal(lists.Length, fingerprints.Distinct().Count());
    }

    [Fact]
    public void What_the_outputs_mean_changes_both()
    {
        var other = Toy.WithHead(head => head with { Anchors = head.Anchors with { BaseSize = 8 } });
        Assert.NotEqual(Of(Toy).Architecture, Of(other).Architecture);
        Assert.NotEqual(Of(Toy).Whole, Of(other).Whole);
    }

    /// <summary>As the generated description says them.</summary>
    private static (string Whole, string Architecture) Of(ModelSpec spec)
    {
        var text = string.Concat(ModelCompiler.Compile(spec).Select(file => file.Text));
        return (Find("Fingerprint"), Find("ArchitectureFingerprint"));

        string Find(string name) => Assert.Single(Regex.Matches(text, $"\\b{name} = \"([0-9a-f]{{32}})\"")).Groups[1].Value;
    }
}
