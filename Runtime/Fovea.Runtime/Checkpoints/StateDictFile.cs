namespace Fovea.Checkpoints;

/// <summary>Recognises a checkpoint by its content, whatever it is called, and opens the reader of its kind.</summary>
internal static class StateDictFile
{
    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">It is missing, damaged, or of no kind that is known.</exception>
    public static StateDict Open(string path) => SafetensorsFile.Open(path);

    /// <summary>Reads a stream.</summary>
    /// <param name="stream">From its position to its end.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="leaveOpen">Whether it stays open; else it is closed with the state dict.</param>
    /// <exception cref="CheckpointException">It is damaged, or of no kind that is known.</exception>
    public static StateDict Open(Stream stream, string name, bool leaveOpen = false) => SafetensorsFile.Open(stream, name, leaveOpen);
}
