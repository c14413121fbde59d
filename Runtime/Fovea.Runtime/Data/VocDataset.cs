using Fovea.Data.Reading;

namespace Fovea;

/// <summary>
/// A data set in Pascal VOC's form: an XML file for each image with <c>filename</c>, <c>size</c> and <c>object</c>s of <c>name</c> and
/// <c>bndbox</c>,
/// and a split file that lists which images belong to it.
/// </summary>
/// <typeparam name="TClass">The class enum; names are bound to it by name or <c>[ClassName]</c>.</typeparam>
/// <remarks>Source: the VOC2012 development kit.</remarks>
public sealed class VocDataset<TClass> : FileDataset<TClass>
    where TClass : struct, Enum
{
    private VocDataset(FileItems<TClass> read, DatasetOptions options)
        : base(read, options)
    {
    }

    /// <summary>Reads and checks the annotations. Images are read later, one by one. Images are numbered from 1, in the order of the split
    /// file or of their names.</summary>
    /// <param name="annotations">The folder of the XML files ("Annotations").</param>
    /// <param name="images">The folder of the image files ("JPEGImages").</param>
    /// <param name="split">A text file of names without extension, one a line (of "ImageSets/Main"); null for every XML file.</param>
    /// <param name="options">How strictly to read, and what the numbers mean.</param>
    /// <exception cref="DatasetException">A file or image is missing, the XML is malformed, or an entry is wrong; the message lists every
    /// problem found.</exception>
    public static VocDataset<TClass> Open(string annotations, string images, string? split = null, VocOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(annotations);
        ArgumentException.ThrowIfNullOrEmpty(images);
        options ??= new VocOptions();
        return new VocDataset<TClass>(
            DataFile.Guard(annotations, new VocReader<TClass>(annotations, images, split, options).Read), options);
    }
}
