using System.Globalization;
using System.Text.RegularExpressions;
using Fovea.Generator.Tests.Support;
using Fovea.Generator.Validation;

namespace Fovea.Generator.Tests.Agreement;

public partial class DiagnosticsPageTests
{
    private static readonly string[] Sections =
        File.ReadAllText(Repository.PathOf("docs/diagnostics.md")).Split("\n### ")[1..];

    /// <summary>A heading of the id alone, which is the anchor that the help link names; title and cause, remedy, example.</summary>
    [Fact]
    public void ThePageOfDiagnostics_HasASectionForEveryRule()
    {
        Assert.Equal(SpecValidator.Diagnostics.Select(rule => rule.Id), Sections.Select(section => section.Split('\n')[0]));
        Assert.All(SpecValidator.Diagnostics.Zip(Sections), pair =>
        {
            var (rule, section) = pair;
            var paragraphs = section.Split("\n\n", StringSplitOptions.TrimEntries);
            Assert.StartsWith(
                $"**{rule.Title.ToString(CultureInfo.InvariantCulture)}.** ", paragraphs[1], StringComparison.Ordinal);
            Assert.StartsWith("Remedy: ", paragraphs[2], StringComparison.Ordinal);
            Assert.StartsWith("```csharp\n", paragraphs[3], StringComparison.Ordinal);
        });
    }

    /// <summary>An example shows one mistake: compiled with what it leaves out, it reports the rule of its section and no other.</summary>
    [Theory]
    [MemberData(nameof(Examples))]
    public void AnExample_ReportsItsRule(string id)
    {
        var section = Sections.Single(s => s.StartsWith(id + "\n", StringComparison.Ordinal));
        var example = section.Split("```csharp\n")[1].Split("```")[0];
        var declaresEnum = example.Contains("enum E", StringComparison.Ordinal);
        var declaresDetector = DeclaresDetector().IsMatch(example);
        var isAttributes = example.StartsWith('[') && !declaresEnum && !declaresDetector;
        var isRetinaNet = example.Contains("[RetinaNet", StringComparison.Ordinal);
        string[] source =
        [
            "using Fovea;",
            isAttributes && !isRetinaNet ? "[RetinaNet<E>]" : "",
            example,
            isAttributes ? "public partial class D;" : declaresDetector ? "" : "[RetinaNet<E>] public partial class D;",
            declaresEnum ? "" : "public enum E { Cat, Dog }",
            example.Contains(": Model", StringComparison.Ordinal) ? "public class Model;" : "",
        ];
        var reported = GeneratorHarness.Run(string.Join("\n", source)).Diagnostics.Select(d => d.Id);
        Assert.Equal([id], reported.Where(r => r.StartsWith("FOV", StringComparison.Ordinal)).Distinct());
    }

    /// <summary>All but two: FOV082 shows a line of a project file, FOV900 has no example.</summary>
    public static TheoryData<string> Examples => [.. Sections.Select(s => s.Split('\n')[0]).Except(["FOV082", "FOV900"])];

    [GeneratedRegex(@"(class|record) (D|Classes)\b")]
    private static partial Regex DeclaresDetector();

    /// <summary>Roslyn's list of rules, which a release moves to the shipped ones.</summary>
    [Fact]
    public void TheListOfReleases_HasEveryRuleWithItsSeverityAndTitle()
    {
        var listed = File.ReadLines(Repository.PathOf("Generator/Fovea.Generator/AnalyzerReleases.Unshipped.md"))
            .Where(line => line.StartsWith("FOV", StringComparison.Ordinal));

        Assert.Equal(
            SpecValidator.Diagnostics.Select(rule =>
                $"{rule.Id} | {rule.Category} | {rule.DefaultSeverity} | {rule.Title.ToString(CultureInfo.InvariantCulture)}"),
            listed);
    }
}
