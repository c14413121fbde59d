using System.Collections.Immutable;
using Fovea.Data.Reading;

namespace Fovea;

/// <summary>A data set of image files in a folder, whose annotations a reader has checked.</summary>
/// <typeparam name="TClass">The class enum.</typeparam>
public abstract class FileDataset<TClass> : DetectionDataset<TClass>
    where TClass : struct, Enum
{
    private readonly ImmutableArray<DatasetItem<TClass>> items;
    private readonly IReadOnlyDictionary<int, long> categories;
    private readonly ImageLimits? limits;

    private protected FileDataset(FileItems<TClass> read, DatasetOptions options)
    {
        (items, categories, limits) = (read.Items, read.Categories, options.ImageLimits);
        Name = read.File;
        ImagesFolder = read.Folder;
        Report = DatasetReport.Of(this) with { BoxesWithoutArea = read.WithoutArea, BoxesCut = read.Cut, Notes = read.Notes };
        if (options.Warnings is { } warnings)
        {
            foreach (var warning in Report.Warnings)
            {
                warnings.Report($"{Name}: {warning}");
            }
        }
    }

    /// <inheritdoc />
    public override string Name { get; }

    /// <summary>The folder of the image files.</summary>
    public string ImagesFolder { get; }

    /// <inheritdoc />
    public override int Count => items.Length;

    /// <inheritdoc />
    public override DatasetReport Report { get; }

    /// <inheritdoc />
    public override DatasetItem<TClass> this[int index] => items[index];

    /// <inheritdoc />
    public override RgbImage LoadImage(int index)
    {
        var item = items[index];
        if (DataFile.WhyNotReadable(item.Name) is { } reason)
        {
            throw new DatasetException(item.Name, $"expected a picture, {reason}; restore it, or remove it from {Name}.");
        }

        var image = DataFile.Guard(item.Name, () => ImageFile.Decode(item.Name, limits));
        if (image.Width != item.Width || image.Height != item.Height)
        {
            throw new DatasetException(
                item.Name,
                $"expected {item.Width}×{item.Height} pixels, as {Name} says, found {image.Width}×{image.Height} (upright); "
                + "the boxes belong to another version of this picture: correct the annotations or restore the file.");
        }

        return image;
    }

    internal override string? FileOf(int index) => items[index].Name;

    internal override long CategoryOf(int channel) => categories.TryGetValue(channel, out var id) ? id : base.CategoryOf(channel);
}
