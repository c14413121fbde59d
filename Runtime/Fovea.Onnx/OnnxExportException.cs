namespace Fovea;

/// <summary>A detector that cannot be exported as it is wanted, or a file that could not be written. The message says why and what to do.</summary>
public sealed class OnnxExportException : IOException
{
    /// <param name="what">The detector, or the file.</param>
    /// <param name="problem">What was expected, what was found, what to do.</param>
    /// <param name="inner">What it failed with.</param>
    internal OnnxExportException(string what, string problem, Exception? inner = null)
        : base($"{what}: {problem}", inner)
    {
    }

    /// <param name="failure">The file could not be written; says so, with the file's name.</param>
    internal OnnxExportException(IOException failure)
        : base(failure.Message, failure)
    {
    }
}
