using Fovea.Checkpoints.Onnx;
using Fovea.Checkpoints.Torch;

namespace Fovea.Checkpoints;

/// <summary>Recognises a checkpoint by its content, whatever it is called, and opens the reader of its kind.</summary>
internal static class StateDictFile
{
    /// <summary>Bytes by which a kind is known.</summary>
    private const int StartLength = 16;

    /// <summary>Opens a file, or what is stored in several: an index of shards, or the folder that has it.</summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="CheckpointException">It is missing, damaged, or of no kind that is known.</exception>
    public static StateDict Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = Directory.Exists(path) ? ShardedStateDict.FileOf(path) : path;
        return Open(FileContent.Open(file), Path.GetDirectoryName(Path.GetFullPath(file)));
    }

    /// <summary>Reads a stream.</summary>
    /// <param name="stream">From its position to its end.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="leaveOpen">Whether it stays open; else it is closed with the state dict.</param>
    /// <exception cref="CheckpointException">It is damaged, or of no kind that is known.</exception>
    public static StateDict Open(Stream stream, string name, bool leaveOpen = false) =>
        Open(new FileContent(stream, name, leaveOpen), folder: null);

    /// <summary>Reads a file's content, which is closed with the state dict, or where there is none.</summary>
    /// <param name="content">The file.</param>
    /// <param name="folder">Where the shards of an index, or the data of an ONNX model, are; null: there must be none.</param>
    /// <exception cref="CheckpointException">It is damaged, or of no kind that is known.</exception>
    public static StateDict Open(FileContent content, string? folder)
    {
        try
        {
            Span<byte> start = stackalloc byte[StartLength];
            start = start[..content.ReadUpTo(0, start)];

            // Safetensors first: the length of a header may begin as a pickle does.
            return SafetensorsFile.IsStart(start) ? SafetensorsFile.Open(content)
                : TorchArchive.IsStart(start) ? new TorchFile(content, TorchArchive.Read(content))
                : LegacyTorchFile.IsStart(start) ? new TorchFile(content, LegacyTorchFile.Read(content))
                : OnnxModel.IsStart(start) ? OnnxModel.Open(content, folder)
                : ShardedStateDict.IsStart(start) ? ShardedStateDict.Open(content, folder)
                : SafetensorsFile.Open(content);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }
}
