namespace Fovea.Checkpoints;

/// <summary>
/// Files that are either the old or the new one, never half: written beside under another name, flushed to the disk, then renamed.
/// If the disk fills or the program ends meanwhile, the old file is as it was.
/// </summary>
internal static class AtomicFile
{
    /// <param name="path">The file to replace.</param>
    /// <param name="write">Writes the new content.</param>
    /// <param name="open">Opens the file beside; tests give one that fails.</param>
    /// <exception cref="CheckpointException">It could not be written; the old file is whole.</exception>
    public static void Write(string path, Action<Stream> write, Func<string, Stream>? open = null)
    {
        var full = Path.GetFullPath(path);
        var beside = full + ".partial";
        var opened = false;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (var stream = (open ?? Create)(beside))
            {
                opened = true;
                write(stream);
                Flush(stream);
            }

            File.Move(beside, full, overwrite: true);
        }
        catch (Exception e)
        {
            // What another writer has open under that name is not ours to remove.
            if (opened)
            {
                Remove(beside);
            }

            if (e is not (IOException or UnauthorizedAccessException))
            {
                throw;
            }

            var left = File.Exists(full) ? "The file that was there is unchanged" : "No file was left behind";
            throw new CheckpointException(path, $"could not be saved: {e.Message} {left}; free space or choose another folder.", e);
        }
    }

    private static void Flush(Stream stream)
    {
        if (stream is FileStream file)
        {
            file.Flush(flushToDisk: true);
        }
        else
        {
            stream.Flush();
        }
    }

    private static FileStream Create(string path) => new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            // The first failure is the one to report.
        }
        catch (UnauthorizedAccessException)
        {
            // As above.
        }
    }
}
