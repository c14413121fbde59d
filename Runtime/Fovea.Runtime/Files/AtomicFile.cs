namespace Fovea.Files;

/// <summary>
/// Writes files that are either the old or the new one, never half: beside under another name, flushed to the disk, then renamed.
/// If the disk fills or the program ends meanwhile, the old file is as it was. Every file that Fovea writes goes this way, but for logs. A symbolic link
/// stays one: the file that it names is replaced; and the new file has the old one's mode.
/// </summary>
internal static class AtomicFile
{
    /// <param name="path">The file to replace; its folder is made where it is missing.</param>
    /// <param name="write">Writes the new content.</param>
    /// <param name="open">Opens the file beside; tests give one that fails.</param>
    /// <param name="durable">
    /// Whether to wait for the disk, so that a machine that stops cannot lose it either. What can be made again, such as a picture,
    /// need not.
    /// </param>
    /// <exception cref="IOException">
    /// It could not be written; the old file is whole. The message says which, why, and what to do.
    /// </exception>
    public static void Write(string path, Action<Stream> write, Func<string, Stream>? open = null, bool durable = true)
    {
        var full = Path.GetFullPath(path);
        var beside = "";
        var opened = false;
        try
        {
            full = Target(full);
            beside = full + ".partial";
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (var stream = (open ?? Create)(beside))
            {
                opened = true;
                write(stream);
                KeepMode(stream, full);
                Flush(stream, durable);
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
            throw new IOException($"{path}: could not be saved: {e.Message} {left}; free space or choose another folder.", e);
        }
    }

    /// <summary>Replaces a file by content that is there already.</summary>
    public static void Write(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));

    /// <summary>
    /// Adds to a log that others read while it grows. A crash may leave a part of the record at its end, which its readers must know how to
    /// pass over; what was there before is whole.
    /// </summary>
    public static void Append(string path, ReadOnlySpan<byte> record)
    {
        using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        stream.Write(record);
    }

    /// <summary>The file itself, where the path is a link to it; it need not be there yet.</summary>
    private static string Target(string path) =>
        new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    private static void KeepMode(Stream stream, string old)
    {
        if (!OperatingSystem.IsWindows() && stream is FileStream file && File.Exists(old))
        {
            File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(old));
        }
    }

    private static void Flush(Stream stream, bool durable)
    {
        if (stream is FileStream file)
        {
            file.Flush(flushToDisk: durable);
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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one to report.
        }
    }
}
