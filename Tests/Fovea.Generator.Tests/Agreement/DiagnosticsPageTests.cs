using Fovea.Generator.Validation;

namespace Fovea.Generator.Tests.Agreement;

public class DiagnosticsPageTests
{
    [Fact]
    public void ThePageOfDiagnostics_ListsEveryRuleWithItsTitle()
    {
        var listed = File.ReadLines(Repository.PathOf("docs/diagnostics.md"))
            .Where(line => line.StartsWith("| FOV", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (Id: cells[1], Title: cells[2]));

        Assert.Equal(Rules.All.Select(rule => (rule.Id, rule.Title.ToString(System.Globalization.CultureInfo.InvariantCulture))), listed);
    }
}
