using Fovea.Data.Reading;

namespace Fovea;

/// <summary>
/// A data set in YOLO's form: for each picture a text file, a line an object: class number, centre, width and height as shares of the
/// picture.
/// Lines of polygons (segmentation, turned boxes) give the box around them. The text lies in <c>labels/</c> where the picture is in
/// <c>images/</c>, or beside it; a picture without one has no objects. Class numbers are bound to the enum by their names.
/// </summary>
/// <typeparam name="TClass">The class enum; names are bound to it by name or <c>[ClassName]</c>, never by number.</typeparam>
/// <remarks>Source: docs.ultralytics.com, "Object Detection Datasets Overview".</remarks>
public sealed class YoloDataset<TClass> : FileDataset<TClass>
    where TClass : struct, Enum
{
    private YoloDataset(FileItems<TClass> read, DatasetOptions options)
        : base(read, options)
    {
    }

    /// <summary>Reads and checks the labels. Of pictures the headers are read, which have their sizes; pixels are read later, one by
    /// one.</summary>
    /// <param name="images">The folder of the pictures, with its subfolders; they are numbered from 1 in the order of their names.</param>
    /// <param name="names">The names of classes 0, 1, ….</param>
    /// <param name="options">How strictly to read.</param>
    /// <exception cref="DatasetException">A folder or picture is missing or unreadable, or a label is wrong; the message lists every
    /// problem.</exception>
    public static YoloDataset<TClass> Open(string images, IReadOnlyList<string> names, DatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(images);
        ArgumentNullException.ThrowIfNull(names);
        var byNumber = names.Select((name, number) => (name, number)).ToDictionary(n => n.number, n => n.name);
        return Open(images, images, PicturesIn(images), byNumber, options ?? new DatasetOptions());
    }

    /// <summary>Pictures that a list or several folders name.</summary>
    internal static YoloDataset<TClass> Open(
        string name, string folder, IReadOnlyList<string> images, IReadOnlyDictionary<int, string> names, DatasetOptions options) =>
        new(DataFile.Guard(name, new YoloReader<TClass>(name, folder, images, names, options).Read), options);

    /// <summary>The pictures of a folder and its subfolders, by name.</summary>
    internal static string[] PicturesIn(string folder) => Directory.Exists(folder)
        ? DataFile.Guard(folder, () => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(ImageNames.IsImage).Order(StringComparer.Ordinal).ToArray())
        : throw new DatasetException(folder, "expected a folder of pictures, found none of this name; correct the path.");
}
