using System.Globalization;
using Fovea.App.Inspection;

namespace Fovea;

/// <summary>
/// What should be known of a data set before a night's training: classes, sizes at the declared canvas, how anchors fit, pictures that
/// cannot be
/// read or are there twice, labels that may be wrong. What the command <c>data</c> shows.
/// </summary>
public sealed class DataCheck
{
    private readonly Inspection inspection;

    private DataCheck(Inspection inspection, IReadOnlyList<string> findings)
    {
        this.inspection = inspection;
        Findings = findings;
    }

    /// <summary>What training would stop at: pictures that cannot be read, or are of another size than annotated. One line each.</summary>
    public IReadOnlyList<string> Errors => inspection.Errors;

    /// <summary>What a person should know, with what to do. One line each.</summary>
    public IReadOnlyList<string> Advice => inspection.Advice;

    /// <summary>The advice that follows from what was looked at; that some pictures were not is left out.</summary>
    internal IReadOnlyList<string> Findings { get; }

    /// <summary>Looks at a data set's parts.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="detector">Whose canvas and anchors are measured against.</param>
    /// <param name="splits">The parts by name, the one that is trained on first.</param>
    /// <param name="augmentation">How pictures will be varied; null: <see cref="Augmentation.Default"/>.</param>
    /// <param name="headersOnly">
    /// Whether to read no pixels, which is faster; damaged pictures and duplicates are then not found, and pictures that are no files are
    /// not looked at, which <see cref="Advice"/> says.
    /// </param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="DatasetException">A data set's own <c>LoadImage</c> failed with another exception than one of reading.</exception>
    public static DataCheck Run<TClass>(
        Detector<TClass> detector,
        IReadOnlyList<(string Split, DetectionDataset<TClass> Dataset)> splits,
        Augmentation? augmentation = null,
        bool headersOnly = false,
        CancellationToken cancellation = default)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentNullException.ThrowIfNull(splits);
        var model = detector.Description;
        var inspector = new SplitInspector(model);
        var measured = splits.Select(s => inspector.Inspect(s.Split, s.Dataset, cancellation)).ToArray();
        var looks = splits.SelectMany(s => PictureScan.Read(s.Split, s.Dataset, headersOnly, cancellation)).ToArray();
        var duplicates = PictureScan.Duplicates(looks);
        var findings = InspectionAdvice.Of(model, measured, duplicates, augmentation ?? Augmentation.Default);
        var inspection = new Inspection(
            model.Name, CanvasOf(model), 1 << model.MinLevel, measured, duplicates, [.. looks.Select(l => l.Error).OfType<string>()],
            [.. InspectionAdvice.OfUnseen(looks.Count(l => l.IsUnseen), looks.Length), .. findings]);
        return new DataCheck(inspection, findings);
    }

    /// <summary>The report for a person: tables, then what is wrong, then what to do.</summary>
    public override string ToString() => InspectionText.Write(inspection);

    /// <summary>The report for programs.</summary>
    public string ToJson() => InspectionJson.Write(inspection);

    private static string CanvasOf(ModelDescription model) => model.Resize is { } resize
        ? string.Create(CultureInfo.InvariantCulture, $"of a shorter side {resize.Min}, longer at most {resize.Max}")
        : string.Join(", ", model.InputSizes.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Width}×{s.Height}")));
}
