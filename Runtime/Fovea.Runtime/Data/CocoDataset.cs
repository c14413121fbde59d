using Fovea.Data.Reading;

namespace Fovea;

/// <summary>
/// A data set in COCO's JSON form: <c>images</c> (id, file_name, width, height), <c>categories</c> (id, name), <c>annotations</c> (id,
/// image_id, category_id,
/// bbox [x, y, width, height], iscrowd, area).
/// </summary>
/// <typeparam name="TClass">The class enum; categories are bound to it by name or <c>[ClassName]</c>, never by number.</typeparam>
/// <remarks>Source: cocodataset.org, "Data format".</remarks>
public sealed class CocoDataset<TClass> : FileDataset<TClass>
    where TClass : struct, Enum
{
    private CocoDataset(FileItems<TClass> read, DatasetOptions options)
        : base(read, options)
    {
    }

    /// <summary>Reads and checks the annotations. Images are read later, one by one.</summary>
    /// <param name="annotations">The JSON file.</param>
    /// <param name="images">The folder to which file_name is relative.</param>
    /// <param name="options">How strictly to read.</param>
    /// <exception cref="DatasetException">A file or image is missing, the JSON is malformed, or an entry is wrong; the message lists every
    /// problem found.</exception>
    public static CocoDataset<TClass> Open(string annotations, string images, DatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(annotations);
        ArgumentException.ThrowIfNullOrEmpty(images);
        options ??= new DatasetOptions();
        return new CocoDataset<TClass>(DataFile.Guard(annotations, new CocoReader<TClass>(annotations, images, options).Read), options);
    }
}
