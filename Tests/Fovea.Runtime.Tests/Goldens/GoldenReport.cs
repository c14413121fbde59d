using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Fovea.Tests.Goldens;

/// <summary>
/// Counts what golden tests checked. At the end of the run the table goes to the runner and to TestResults/goldens.{assembly}.txt.
/// </summary>
public static class GoldenReport
{
    /// <summary>The collection of all golden tests: <c>[Collection(GoldenReport.Collection)]</c>.</summary>
    public const string Collection = "Goldens";

    private static readonly ConcurrentDictionary<(string Kind, string Id, string Tensor), bool> Seen = new();

    /// <summary>Notes that a tensor (or another named value) of an entry was compared.</summary>
    public static void Checked(GoldenEntry entry, string tensor) => Seen[(entry.Kind, entry.Id, tensor)] = true;

    /// <summary>The table, kinds in alphabetical order; entries as checked/listed.</summary>
    public static string Table()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"kind",-46} | {"entries",9} | {"tensors checked",15}");
        foreach (var kind in Seen.Keys.GroupBy(k => k.Kind).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var entries = kind.Select(k => k.Id).Distinct().Count();
            var listed = GoldenManifest.All.Count(e => e.Kind == kind.Key);
            text.AppendLine(CultureInfo.InvariantCulture, $"{kind.Key,-46} | {$"{entries}/{listed}",9} | {kind.Count(),15}");
        }

        return text.ToString();
    }

    internal static bool IsEmpty => Seen.IsEmpty;
}

/// <summary>Lives as long as the collection of golden tests, and reports when it ends.</summary>
public sealed class GoldenReportFixture(IMessageSink sink) : IDisposable
{
    public void Dispose()
    {
        if (GoldenReport.IsEmpty)
        {
            return;
        }

        var table = GoldenReport.Table();
        sink.OnMessage(new DiagnosticMessage("Goldens\n" + table));
        var assembly = typeof(GoldenReportFixture).Assembly.GetName().Name;
        var folder = Path.Combine(Repository.Folder ?? AppContext.BaseDirectory, "TestResults");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"goldens.{assembly}.txt"), table);
    }
}

/// <summary>Joins the golden tests of an assembly to one report.</summary>
[CollectionDefinition(GoldenReport.Collection)]
public sealed class GoldenTests : ICollectionFixture<GoldenReportFixture>;
