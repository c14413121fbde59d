namespace Fovea;

/// <summary>How annotation files are read.</summary>
public record DatasetOptions
{
    /// <summary>
    /// Pixels by which a box may reach over the image's edge, as rounding does; it is cut there. A box that reaches further is an error:
    /// often annotations of another image size. Set it to infinity to cut every box.
    /// </summary>
    public double EdgeTolerance { get; init; } = 1;

    /// <summary>Whether classes of the enum may be missing among the data set's categories.</summary>
    public bool AllowMissingClasses { get; init; }

    /// <summary>Whether objects of categories that the enum does not have are skipped instead of an error.</summary>
    public bool SkipUnknownCategories { get; init; }

    /// <summary>Whether to see that every image file is there when the data set is opened, and not in the middle of training.</summary>
    public bool CheckImages { get; init; } = true;

    /// <summary>
    /// Whether annotations may name pictures by absolute paths, or by paths that lead out of their folder. Refused by default: a data set
    /// that came
    /// from elsewhere then reads nothing but itself.
    /// </summary>
    public bool AllowOutsidePaths { get; init; }

    /// <summary>How large pictures may be; null (the default): <see cref="ImageFile.Limits"/>.</summary>
    public ImageLimits? ImageLimits { get; init; }

    /// <summary>Receives the report's warnings once, when the data set is opened.</summary>
    public IProgress<string>? Warnings { get; init; }
}

/// <summary>How Pascal VOC files are read.</summary>
public sealed record VocOptions : DatasetOptions
{
    /// <summary>What the numbers in bndbox mean.</summary>
    public VocCoordinates Coordinates { get; init; }

    /// <summary>Whether objects marked "difficult" are ignored like crowd regions, as the VOC challenge's evaluation does.</summary>
    public bool IgnoreDifficult { get; init; }
}

/// <summary>What the numbers of a VOC bndbox mean. Files do not say; the tools that write them differ.</summary>
public enum VocCoordinates
{
    /// <summary>Edges, as most annotation tools write: the width is xmax − xmin.</summary>
    Edges,

    /// <summary>The first and last pixel, counted from 1, as the VOC challenge wrote: left = xmin − 1, right = xmax.</summary>
    PixelsFromOne,
}
