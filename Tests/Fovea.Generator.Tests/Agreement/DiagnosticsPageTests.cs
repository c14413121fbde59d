using Fovea.Generator.Validation;

namespace Fovea.Generator.Tests.Agreement;

public class DiagnosticsPageTests
{
    [Fact]
    public void ThePageOfDiagnostics_ListsEveryRuleWithItsTitle()
    {
        var listed = File.ReadLines(Path.Combine(Root(), "docs", "diagnostics.md"))
            .Where(line => line.StartsWith("| FOV", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (Id: cells[1], Title: cells[2]));

        Assert.Equal(Rules.All.Select(rule => (rule.Id, rule.Title.ToString(System.Globalization.CultureInfo.InvariantCulture))), listed);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Fovea.slnx")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException($"No Fovea.slnx above {AppContext.BaseDirectory}.");
        }

        return folder;
    }
}
