using System.Collections.Immutable;

namespace Fovea;

/// <summary>An object that a person marked in an image.</summary>
/// <typeparam name="TClass">The class enum.</typeparam>
/// <param name="Class">What it is.</param>
/// <param name="Box">Where it is, in pixels of the upright image.</param>
/// <param name="IsCrowd">A region of many objects (COCO's iscrowd): ignored in training and in evaluation.</param>
public readonly record struct LabeledBox<TClass>(TClass Class, Box Box, bool IsCrowd = false)
    where TClass : struct, Enum
{
    private readonly double area;

    /// <summary>The annotation's number in its data set; 0 where it has none.</summary>
    public long Id { get; init; }

    /// <summary>In square pixels, the area that decides "small", "medium" and "large" in evaluation: the annotation's own where it has one,
    /// else the box's.</summary>
    public double Area
    {
        get => area > 0 ? area : Box.Area;
        init => area = value;
    }
}

/// <summary>An image of a data set with its objects, without its pixels.</summary>
/// <typeparam name="TClass">The class enum.</typeparam>
/// <param name="Id">Unique in the data set.</param>
/// <param name="Name">The image file, or how messages call it.</param>
/// <param name="Width">In pixels, upright.</param>
/// <param name="Height">In pixels, upright.</param>
/// <param name="Objects">Boxes with area inside the image, in the data set's order; empty for an image without objects.</param>
public sealed record DatasetItem<TClass>(long Id, string Name, int Width, int Height, ImmutableArray<LabeledBox<TClass>> Objects)
    where TClass : struct, Enum;
