using Fovea.App.Data;

namespace Fovea;

/// <summary>
/// Opens a data set by its path, in whichever form it comes: a folder of COCO's, YOLO's, Pascal VOC's, LabelMe's or comma-separated
/// annotations, or the
/// file that describes it (data.yaml, JSON, CSV). docs/data.md lists the layouts.
/// </summary>
public static class DataFolder
{
    /// <summary>Opens a split.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="path">The data set's folder or file.</param>
    /// <param name="split">train, val, test, or another name that files bear; of a set that is not divided also "all".</param>
    /// <param name="options">How strictly to read.</param>
    /// <exception cref="DatasetException">There is no such data set or split, or what is there is wrong.</exception>
    public static DetectionDataset<TClass> Open<TClass>(string path, string split, DatasetOptions? options = null)
        where TClass : struct, Enum => TryOpen<TClass>(path, split, options) ?? throw Missing(path, split);

    /// <summary>Opens a split, or null where the data set has none of that name.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="path">The data set's folder or file.</param>
    /// <param name="split">train, val, test, or another name that files bear.</param>
    /// <param name="options">How strictly to read.</param>
    /// <exception cref="DatasetException">There is no such data set, or what is there is wrong.</exception>
    public static DetectionDataset<TClass>? TryOpen<TClass>(string path, string split, DatasetOptions? options = null)
        where TClass : struct, Enum => Recognize(path).Find(split)?.Open<TClass>(options ?? new DatasetOptions());

    /// <summary>What was recognised, in one line: "COCO: train (train.json), val (val.json)".</summary>
    /// <param name="path">The data set's folder or file.</param>
    /// <exception cref="DatasetException">There is no data set of a known form; the message says what was looked for.</exception>
    public static string Describe(string path) => Recognize(path).ToString();

    /// <summary>There is no such split; the message says which there are.</summary>
    internal static DatasetException Missing(string path, string split)
    {
        var source = Recognize(path);
        return new DatasetException(path, $"expected a split \"{split}\", found none in {source.Form} with {source.Splits}.");
    }

    private static DataSource Recognize(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return DataSource.Recognize(path);
    }
}
