using Fovea.Data.Reading;

namespace Fovea;

/// <summary>
/// A data set in a comma-separated file, a row an object: <c>path,x1,y1,x2,y2,class</c> as keras-retinanet has it (a picture without
/// objects:
/// <c>path,,,,,</c>), or with a head line that names <c>filename</c>, <c>xmin</c>, <c>ymin</c>, <c>xmax</c>, <c>ymax</c> and <c>class</c>.
/// </summary>
/// <typeparam name="TClass">The class enum; names are bound to it by name or <c>[ClassName]</c>.</typeparam>
/// <remarks>Source: github.com/fizyr/keras-retinanet, "CSV datasets".</remarks>
public sealed class CsvDataset<TClass> : FileDataset<TClass>
    where TClass : struct, Enum
{
    private CsvDataset(FileItems<TClass> read, DatasetOptions options)
        : base(read, options)
    {
    }

    /// <summary>Reads and checks the annotations. Of pictures the headers are read, which have their sizes; pixels are read
    /// later.</summary>
    /// <param name="annotations">The file.</param>
    /// <param name="images">The folder to which paths are relative; null: the file's own.</param>
    /// <param name="classes">keras-retinanet's class file (<c>name,number</c>), against which names are checked; null: none.</param>
    /// <param name="options">How strictly to read.</param>
    /// <exception cref="DatasetException">A file is missing or unreadable, or a row is wrong; the message lists every problem.</exception>
    public static CsvDataset<TClass> Open(string annotations, string? images = null, string? classes = null, DatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(annotations);
        options ??= new DatasetOptions();
        images ??= Path.GetDirectoryName(Path.GetFullPath(annotations))!;
        return new CsvDataset<TClass>(
            DataFile.Guard(annotations, new CsvReader<TClass>(annotations, images, classes, options).Read), options);
    }
}
