using System.Globalization;
using Fovea.Generator.Validation;

namespace Fovea.Generator.Tests.Agreement;

public class DiagnosticsPageTests
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
