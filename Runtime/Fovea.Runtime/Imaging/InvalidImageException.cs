namespace Fovea;

/// <summary>A file that is no readable picture: of another kind, damaged, or cut off. The message names the file, what was expected and
/// what was found.</summary>
public sealed class InvalidImageException : IOException
{
    /// <param name="file">The file, or how its source is known.</param>
    /// <param name="problem">What was expected and what was found.</param>
    /// <param name="inner">What the reading failed with.</param>
    public InvalidImageException(string file, string problem, Exception? inner = null)
        : base($"{file}: {problem}", inner) => File = file;

    /// <summary>The file, or how its source is known.</summary>
    public string File { get; }
}
