namespace Fovea;

/// <summary>
/// A checkpoint that cannot be read, does not fit the model, or could not be written. The message names file, tensor, expected, found.
/// </summary>
public sealed class CheckpointException : IOException
{
    /// <summary>Characters of a message: what a damaged file holds may be of any length.</summary>
    private const int MaxLength = 4000;

    /// <param name="file">The file.</param>
    /// <param name="problem">Tensor or field, expected, found, what to do.</param>
    /// <param name="inner">What reading or writing failed with.</param>
    public CheckpointException(string file, string problem, Exception? inner = null)
        : base($"{file}: {Shorten(problem, MaxLength)}", inner) => File = file;

    /// <param name="file">The file.</param>
    /// <param name="failure">It could not be written; says so, with the file's name.</param>
    internal CheckpointException(string file, IOException failure)
        : base(failure.Message, failure.InnerException) => File = file;

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>The text, cut where it is longer.</summary>
    internal static string Shorten(string text, int length = 60) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length), "…");
}
