using Fovea.App.Reports.Pictures;

namespace Fovea.App.Reports.Html;

/// <summary>What a report tells. All texts are texts: the page escapes them.</summary>
internal sealed record ReportData
{
    /// <summary>The declared class.</summary>
    public required string Model { get; init; }

    /// <summary>When this process began, and how long it took.</summary>
    public required (DateTime Started, TimeSpan Elapsed) Time { get; init; }

    /// <summary>Whether it went on with a run that another process had begun.</summary>
    public bool IsResumed { get; init; }

    /// <summary>What was trained on what, in groups of names and values.</summary>
    public required IReadOnlyList<(string Group, IReadOnlyList<(string Name, string Value)> Facts)> Facts { get; init; }

    /// <summary>The course.</summary>
    public required IReadOnlyList<EpochRecord> Epochs { get; init; }

    /// <summary>What was measured at the end.</summary>
    public required CocoResult Result { get; init; }

    /// <summary>The data set that it was measured on, for example "test (72 images)".</summary>
    public required string MeasuredOn { get; init; }

    /// <summary>Why the numbers say less than they seem to; null where they mean what they say.</summary>
    public string? Caution { get; init; }

    /// <summary>The pictures with most mistakes.</summary>
    public required IReadOnlyList<WorstPicture> Worst { get; init; }

    /// <summary>What the check of the data found.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>What to do next: in words, and as a line to paste.</summary>
    public required IReadOnlyList<(string What, string Line)> Next { get; init; }

    /// <summary>What else is in the folder.</summary>
    public required IReadOnlyList<(string File, string What)> Files { get; init; }

    /// <summary>Of the library, the system and the processor.</summary>
    public required string MadeBy { get; init; }
}
