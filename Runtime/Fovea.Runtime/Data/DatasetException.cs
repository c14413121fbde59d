namespace Fovea;

/// <summary>A data set that cannot be used as it is. The message names file, field, what was expected, what was found, and what to
/// do.</summary>
public sealed class DatasetException : IOException
{
    /// <param name="file">The annotation file, image or folder.</param>
    /// <param name="problem">Field, expected, found, what to do.</param>
    /// <param name="inner">What the reading failed with.</param>
    public DatasetException(string file, string problem, Exception? inner = null)
        : base($"{file}: {problem}", inner) => File = file;

    /// <summary>The annotation file, image or folder.</summary>
    public string File { get; }
}
