using System.Globalization;
using Fovea.App.Inspection;

namespace Fovea.App.Reports;

/// <summary>What the check of a data set says to a person whose training is over; annotations alone are looked at, no pictures.</summary>
internal static class DataWarnings
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<string> Of<TClass>(
        ModelDescription model, IReadOnlyList<(string Split, DetectionDataset<TClass> Dataset)> splits, Augmentation augmentation,
        CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var inspector = new SplitInspector(model);
        var measured = splits.Select(s => inspector.Inspect(s.Split, s.Dataset, cancellation)).ToArray();
        var warnings = InspectionAdvice.Of(model, measured, [], augmentation).Select(Capital).ToList();
        foreach (var split in measured)
        {
            warnings.AddRange(split.Suspicious.Select(s => string.Create(
                CultureInfo.InvariantCulture,
                $"{split.Split}: {s.Count} × {s.Kind}: {string.Join("; ", s.Examples)}{(s.Count > s.Examples.Count ? "; …" : "")}")));
        }

        return warnings;
    }

    private static string Capital(string line) => line.Length == 0 ? line : char.ToUpperInvariant(line[0]) + line[1..];
}
