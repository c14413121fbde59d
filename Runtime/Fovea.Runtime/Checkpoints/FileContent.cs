using System.Security.Cryptography;
using Fovea.Files;

namespace Fovea.Checkpoints;

/// <summary>The bytes of a checkpoint, read at any place: a mapped file, or a stream.</summary>
/// <remarks>
/// A stream that cannot be moved in, or is not at its start, is kept in memory as far as it was asked for, and no further. May be used by
/// several threads at once.
/// </remarks>
internal sealed class FileContent : IDisposable
{
    /// <summary>Bytes that are taken from a stream at once.</summary>
    private const int ChunkLength = 1 << 20;

    private readonly Stream stream;
    private readonly Stream? source;
    private readonly bool leaveOpen;
    private bool isAtEnd;

    /// <param name="stream">From its position to its end.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="leaveOpen">Whether it stays open; else it is closed with this.</param>
    public FileContent(Stream stream, string name, bool leaveOpen)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (this.leaveOpen, Name) = (leaveOpen, name);
        if (stream is { CanSeek: true, Position: 0 })
        {
            this.stream = stream;
        }
        else
        {
            (this.stream, source) = (new MemoryStream(), stream);
        }
    }

    /// <summary>The file, as messages call it.</summary>
    public string Name { get; }

    /// <summary>Opens a file, as memory where that can be.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">It cannot be opened, or is empty.</exception>
    public static FileContent Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            // Pipes and devices have no length; opening them may wait for ever.
            if (new FileInfo(path) is { Exists: true, Length: 0 })
            {
                throw new CheckpointException(path, "expected a checkpoint, found a file that is empty, or a pipe or a device.");
            }

            return new FileContent(MappedFile.Open(path), path, leaveOpen: false);
        }
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException or ArgumentException) and not CheckpointException)
        {
            throw new CheckpointException(path, $"cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>How many bytes there are, if less than a limit; else at least the limit.</summary>
    /// <exception cref="CheckpointException">They cannot be read.</exception>
    public long LengthUpTo(long limit)
    {
        try
        {
            lock (stream)
            {
                Fetch(limit);
                return stream.Length;
            }
        }
        catch (Exception e) when (IsReading(e))
        {
            throw new CheckpointException(Name, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>How many bytes there are in all.</summary>
    /// <exception cref="CheckpointException">They cannot be read, or a stream has more than memory can hold.</exception>
    public long Length() => LengthUpTo(Array.MaxLength) is var length && (source is null || length < Array.MaxLength) ? length : throw TooLong();

    /// <summary>Bytes at a place.</summary>
    /// <param name="offset">Of the first byte, from the start.</param>
    /// <param name="destination">All of it is filled.</param>
    /// <param name="what">What they are, for messages.</param>
    /// <exception cref="CheckpointException">They cannot be read, or the file ends before.</exception>
    public void Read(long offset, Span<byte> destination, string what)
    {
        try
        {
            lock (stream)
            {
                Fetch(offset + destination.Length);
                stream.Position = offset;
                stream.ReadExactly(destination);
            }
        }
        catch (Exception e) when (IsReading(e))
        {
            throw new CheckpointException(Name, $"{what}: {destination.Length} bytes at {offset} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>As many of the bytes at a place as there are.</summary>
    /// <param name="offset">Of the first byte, from the start.</param>
    /// <param name="destination">Filled from its start.</param>
    /// <returns>How many were read.</returns>
    /// <exception cref="CheckpointException">They cannot be read.</exception>
    public int ReadUpTo(long offset, Span<byte> destination)
    {
        var count = (int)Math.Clamp(LengthUpTo(offset + destination.Length) - offset, 0, destination.Length);
        Read(offset, destination[..count], "the file");
        return count;
    }

    /// <summary>SHA-256 of all of it.</summary>
    public byte[] Hash()
    {
        _ = Length();
        try
        {
            lock (stream)
            {
                stream.Position = 0;
                return SHA256.HashData(stream);
            }
        }
        catch (Exception e) when (IsReading(e))
        {
            throw new CheckpointException(Name, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Closes the file or stream, unless it was to stay open.</summary>
    public void Dispose()
    {
        if (!leaveOpen)
        {
            (source ?? stream).Dispose();
        }
    }

    /// <summary>What streams, a user's among them, throw when they cannot be read.</summary>
    private static bool IsReading(Exception e) =>
        e is (IOException or UnauthorizedAccessException or NotSupportedException or InvalidOperationException) and not CheckpointException;

    private CheckpointException TooLong() =>
        new(Name, $"has more than {Array.MaxLength} bytes: expected no more of a stream. Save it as a file first.");

    /// <summary>Takes a source's bytes into memory, up to a place.</summary>
    private void Fetch(long end)
    {
        if (source is null || isAtEnd || stream.Length >= end)
        {
            return;
        }

        if (end > Array.MaxLength)
        {
            throw TooLong();
        }

        stream.Position = stream.Length;
        var chunk = new byte[Math.Min(ChunkLength, end - stream.Length)];
        while (stream.Length < end)
        {
            var count = source.Read(chunk, 0, (int)Math.Min(chunk.Length, end - stream.Length));
            isAtEnd = count == 0;
            if (isAtEnd)
            {
                return;
            }

            stream.Write(chunk, 0, count);
        }
    }
}
