using System.Security;

namespace Fovea.Data.Reading;

/// <summary>The one way in which readers touch files: what goes wrong is a <see cref="DatasetException"/> that names the file.</summary>
internal static class DataFile
{
    /// <summary>Annotation files of more bytes are refused; an array holds no more.</summary>
    public const long MostBytes = 0x7FFF_FFC7;

    /// <summary>
    /// The bytes of an annotation file. A file of length 0 is never opened: pipes, devices and other things that are no regular files
    /// have that
    /// length, and opening them may wait for ever or deliver without end.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What should be there, for messages.</param>
    /// <param name="most">Bytes at the most.</param>
    public static byte[] Read(string path, string expected, long most = MostBytes) => Guard(path, () =>
    {
        if (Directory.Exists(path))
        {
            throw new DatasetException(path, $"expected {expected}, found a folder; correct the path.");
        }

        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new DatasetException(path, $"expected {expected}, found no file of this name; correct the path.");
        }

        if (file.Length > most)
        {
            throw new DatasetException(path, $"expected {expected} of at most {most >> 20} MiB, found {file.Length >> 20} MiB; divide it.");
        }

        return file.Length == 0 ? [] : File.ReadAllBytes(path);
    });

    /// <summary>The lines of a text file of names or numbers, UTF-8.</summary>
    public static string[] ReadLines(string path, string expected)
    {
        var bytes = Read(path, expected);
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            using var reader = new StreamReader(new MemoryStream(bytes));
            var lines = new List<string>();
            while (reader.ReadLine() is { } line)
            {
                lines.Add(line);
            }

            return [.. lines];
        }

        throw new DatasetException(path, $"expected {expected} in UTF-8, found other bytes {Utf8Place(bytes)}; save it as UTF-8.");
    }

    /// <summary>Why a picture cannot be opened, without decoding it; null where it can.</summary>
    public static string? WhyNotReadable(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return "found a folder of this name";
            }

            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return "found no file of this name";
            }

            if (file.Length == 0)
            {
                return "found an empty file, or none that holds data (a pipe or a device)";
            }

            using var handle = File.OpenHandle(path);
            return null;
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            return $"it cannot be opened: {Shorten(e.Message)}";
        }
    }

    /// <summary>Runs what reads a file; what the system refuses comes out as a <see cref="DatasetException"/>.</summary>
    public static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not DatasetException and not InvalidImageException && IsOfFiles(e))
        {
            throw new DatasetException(
                Shorten(path), $"it cannot be read: {Shorten(e.Message)} Give access to it, or correct the path.", e);
        }
    }

    /// <summary>Where bytes stop being UTF-8: "in line 3, byte 17".</summary>
    public static string Utf8Place(ReadOnlySpan<byte> bytes)
    {
        var index = 0;
        while (index < bytes.Length
            && System.Text.Rune.DecodeFromUtf8(bytes[index..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            index += length;
        }

        return Place(bytes, index);
    }

    /// <summary>A position in a text as line and byte, both counted from 1.</summary>
    public static string Place(ReadOnlySpan<byte> bytes, long index)
    {
        var before = bytes[..(int)Math.Min(index, bytes.Length)];
        return $"in line {before.Count((byte)'\n') + 1}, byte {before.Length - before.LastIndexOf((byte)'\n')}";
    }

    /// <summary>A text of a file for a message: no control characters, no lone surrogates, not longer than a line.</summary>
    public static string Shorten(string text, int most = 200)
    {
        var cut = text.Length > most ? string.Concat(text.AsSpan(0, most - 1), "…") : text;
        return cut.AsSpan().ContainsAnyInRange('\0', '\u001f') || cut.AsSpan().ContainsAnyInRange('\ud800', '\udfff')
            ? string.Concat(cut.EnumerateRunes().Select(r => System.Text.Rune.IsControl(r) ? "·" : r.ToString()))
            : cut;
    }

    private static bool IsOfFiles(Exception e) =>
        e is IOException or UnauthorizedAccessException or SecurityException or NotSupportedException or ArgumentException;
}
