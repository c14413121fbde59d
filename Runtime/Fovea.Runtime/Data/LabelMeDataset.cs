using Fovea.Data.Reading;

namespace Fovea;

/// <summary>
/// A folder as LabelMe leaves it: a JSON file beside each picture. Rectangles are taken as they are, of polygons and circles the box
/// around them.
/// </summary>
/// <typeparam name="TClass">The class enum; labels are bound to it by name or <c>[ClassName]</c>.</typeparam>
/// <remarks>Source: github.com/wkentaro/labelme.</remarks>
public sealed class LabelMeDataset<TClass> : FileDataset<TClass>
    where TClass : struct, Enum
{
    private LabelMeDataset(FileItems<TClass> read, DatasetOptions options)
        : base(read, options)
    {
    }

    /// <summary>Reads and checks the annotations. Pictures are read later, one by one; they are numbered from 1 in the order of their
    /// files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How strictly to read.</param>
    /// <exception cref="DatasetException">A file is missing or unreadable, or an entry is wrong; the message lists every
    /// problem.</exception>
    public static LabelMeDataset<TClass> Open(string folder, DatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new DatasetOptions();
        return new LabelMeDataset<TClass>(DataFile.Guard(folder, new LabelMeReader<TClass>(folder, options).Read), options);
    }
}
