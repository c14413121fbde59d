namespace Fovea.App.Inspection;

/// <summary>What a data set is, before a night's training.</summary>
/// <param name="Model">The detector's name.</param>
/// <param name="Canvas">What pictures become.</param>
/// <param name="FinestStride">Pixels of the canvas for each cell of the first pyramid level.</param>
/// <param name="Splits">Each part by itself.</param>
/// <param name="Duplicates">Pictures that are there twice, in one split or in two.</param>
/// <param name="Errors">What training would stop at.</param>
/// <param name="Advice">What a person should know, with what to do.</param>
internal sealed record Inspection(
    string Model,
    string Canvas,
    int FinestStride,
    IReadOnlyList<SplitInspection> Splits,
    IReadOnlyList<DuplicatePair> Duplicates,
    IReadOnlyList<string> Errors,
    IReadOnlyList<string> Advice);

/// <summary>A part of a data set.</summary>
/// <param name="Split">train, val, test.</param>
/// <param name="Source">How messages call it.</param>
/// <param name="Images">Pictures.</param>
/// <param name="ImagesWithoutObjects">Pictures that are all background.</param>
/// <param name="Objects">Without crowd regions.</param>
/// <param name="Crowds">Crowd regions.</param>
/// <param name="MostObjects">In one picture.</param>
/// <param name="PictureSizes">Sizes with their numbers, the most frequent first, at most eight.</param>
/// <param name="Classes">By channel.</param>
/// <param name="Levels">Which anchors fit, by pyramid level.</param>
/// <param name="Suspicious">Labels that may be wrong.</param>
internal sealed record SplitInspection(
    string Split,
    string Source,
    int Images,
    int ImagesWithoutObjects,
    int Objects,
    int Crowds,
    int MostObjects,
    IReadOnlyList<Counted> PictureSizes,
    IReadOnlyList<ClassInspection> Classes,
    IReadOnlyList<LevelInspection> Levels,
    IReadOnlyList<Suspicion> Suspicious);

/// <summary>A name and how often it occurs.</summary>
internal sealed record Counted(string Name, int Count);

/// <summary>A class. Sizes are square roots of areas, in pixels of the canvas; NaN is never written: without objects they are 0.</summary>
/// <param name="Name">As declared.</param>
/// <param name="Objects">Without crowd regions.</param>
/// <param name="Images">Pictures that show it.</param>
/// <param name="SmallestSize">The least.</param>
/// <param name="LowSize">A twentieth are smaller.</param>
/// <param name="MedianSize">Half are smaller.</param>
/// <param name="HighSize">A twentieth are larger.</param>
/// <param name="SmallerThanTwoStrides">Objects whose shorter side is under two strides of the first level.</param>
/// <param name="Covered">Share of objects that an anchor overlaps by the foreground threshold or more.</param>
/// <param name="MeanIoU">Mean of each object's best anchor.</param>
internal sealed record ClassInspection(
    string Name, int Objects, int Images, double SmallestSize, double LowSize, double MedianSize, double HighSize, int SmallerThanTwoStrides,
    double Covered, double MeanIoU);

/// <summary>A pyramid level.</summary>
/// <param name="Name">P3 and so on.</param>
/// <param name="Stride">Pixels of the canvas for each cell.</param>
/// <param name="Objects">Objects whose best anchor is one of this level.</param>
/// <param name="Covered">Share of these that it overlaps by the foreground threshold or more.</param>
/// <param name="MeanIoU">Mean overlap of these.</param>
internal sealed record LevelInspection(string Name, int Stride, int Objects, double Covered, double MeanIoU);

/// <summary>Labels that may be wrong, of one kind.</summary>
/// <param name="Kind">What is odd about them.</param>
/// <param name="Count">How many.</param>
/// <param name="Examples">The first few: picture and box.</param>
internal sealed record Suspicion(string Kind, int Count, IReadOnlyList<string> Examples);

/// <summary>Two pictures that show the same.</summary>
/// <param name="First">Split and file.</param>
/// <param name="Second">Split and file.</param>
/// <param name="SameSplit">Whether both are in one split; across splits, measuring is not honest.</param>
/// <param name="Exact">The same pixels, or nearly.</param>
internal sealed record DuplicatePair(string First, string Second, bool SameSplit, bool Exact);
