using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Fovea.Checkpoints;

/// <summary>An open safetensors file: its header is read and checked, tensors are read when they are asked for.</summary>
/// <remarks>Source: github.com/huggingface/safetensors. All numbers are little endian.</remarks>
internal sealed class SafetensorsFile : StateDict
{
    private const int PrefixLength = 8;

    /// <summary>Bytes that are read at once.</summary>
    private const int ChunkLength = 1 << 20;

    private readonly Dictionary<string, StateTensor> entries;
    private readonly Dictionary<string, string> metadata;
    private readonly Stream stream;
    private readonly bool leaveOpen;

    private SafetensorsFile(string path, Stream stream, bool leaveOpen)
        : base(path)
    {
        this.stream = stream;
        this.leaveOpen = leaveOpen;
        var header = ReadHeader(stream, path);
        (entries, metadata, var end) = SafetensorsHeader.Parse(header, PrefixLength + header.Length, path);
        SafetensorsHeader.CheckLength(end, stream.Length, path);
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StateTensor> Tensors => entries;

    /// <summary>The strings of <c>__metadata__</c>; empty where there is none.</summary>
    public override IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">It is missing, cut off, or no safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        FileStream stream;
        try
        {
            // Pipes and devices have no length; opening them may wait for ever.
            if (new FileInfo(path) is { Exists: true, Length: 0 })
            {
                throw new CheckpointException(path, "expected a safetensors file, found one that is empty, or a pipe or a device.");
            }

            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException or ArgumentException) and not CheckpointException)
        {
            throw new CheckpointException(path, $"cannot be opened: {e.Message}", e);
        }

        return Own(path, stream, leaveOpen: false);
    }

    /// <summary>
    /// Reads a stream. One that cannot be moved in, or is not at its start, is read into memory: as much as the header says, and no more.
    /// </summary>
    /// <param name="stream">From its position to its end.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="leaveOpen">Whether it stays open; else it is closed with this.</param>
    /// <exception cref="CheckpointException">It is cut off, or no safetensors file.</exception>
    public static SafetensorsFile Open(Stream stream, string name, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (stream is { CanSeek: true, Position: 0 })
        {
            return Own(name, stream, leaveOpen);
        }

        try
        {
            return Own(name, CopyOf(stream, name), leaveOpen: false);
        }
        finally
        {
            if (!leaveOpen)
            {
                stream.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (!leaveOpen)
        {
            stream.Dispose();
        }
    }

    /// <inheritdoc/>
    public override byte[] Hash()
    {
        try
        {
            lock (entries)
            {
                stream.Position = 0;
                return SHA256.HashData(stream);
            }
        }
        catch (Exception e) when (IsReading(e))
        {
            throw new CheckpointException(Path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    protected override void Read(StateTensor tensor, Span<byte> destination)
    {
        try
        {
            lock (entries)
            {
                stream.Position = ((SafetensorsEntry)tensor).Offset;
                stream.ReadExactly(destination);
            }
        }
        catch (Exception e) when (IsReading(e))
        {
            throw new CheckpointException(
                Path, $"{tensor.Name}: {tensor.Bytes} bytes at {((SafetensorsEntry)tensor).Offset} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>What streams, a user's among them, throw when they cannot be read.</summary>
    private static bool IsReading(Exception e) =>
        e is (IOException or UnauthorizedAccessException or NotSupportedException or InvalidOperationException) and not CheckpointException;

    /// <summary>The header without the length before it; the stream is at the data then.</summary>
    private static byte[] ReadHeader(Stream stream, string path)
    {
        try
        {
            Span<byte> prefix = stackalloc byte[PrefixLength];
            var found = stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false);
            if (found == prefix.Length && prefix[0] == 'P' && prefix[1] == 'K')
            {
                throw new CheckpointException(
                    path,
                    "expected a safetensors file, found a zip archive. If it was made by torch.save, convert it: "
                    + "safetensors.torch.save_file(torch.load(file), name).");
            }

            var length = found < prefix.Length ? 0 : BinaryPrimitives.ReadInt64LittleEndian(prefix);
            var left = stream.CanSeek ? stream.Length - stream.Position : long.MaxValue;
            if (length <= 0 || length > SafetensorsHeader.MaxLength || length > left)
            {
                var size = stream.CanSeek ? $" in a file of {stream.Length} bytes" : "";
                throw new CheckpointException(
                    path,
                    $"expected the length of a safetensors header in the first 8 bytes, at most {SafetensorsHeader.MaxLength}, "
                    + $"found {length}{size}: it is cut off, or of another kind.");
            }

            var json = new byte[length];
            stream.ReadExactly(json);
            return json;
        }
        catch (Exception e) when (IsReading(e))
        {
            throw new CheckpointException(path, $"the header cannot be read: {e.Message}", e);
        }
    }

    private static MemoryStream CopyOf(Stream stream, string name)
    {
        var header = ReadHeader(stream, name);
        var (_, _, end) = SafetensorsHeader.Parse(header, PrefixLength + header.Length, name);
        if (end > Array.MaxLength)
        {
            throw new CheckpointException(name, $"has {end} bytes: expected at most {Array.MaxLength} from a stream. Save it as a file first.");
        }

        var copy = new MemoryStream();
        Span<byte> prefix = stackalloc byte[PrefixLength];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        copy.Write(prefix);
        copy.Write(header);
        var chunk = new byte[ChunkLength];
        try
        {
            // One byte more than it should have tells that it is too long.
            while (copy.Length <= end && stream.Read(chunk, 0, (int)Math.Min(chunk.Length, end + 1 - copy.Length)) is > 0 and var count)
            {
                copy.Write(chunk, 0, count);
            }
        }
        catch (Exception e) when (IsReading(e))
        {
            throw new CheckpointException(name, $"the tensors cannot be read: {e.Message}", e);
        }

        copy.Position = 0;
        return copy;
    }

    private static SafetensorsFile Own(string name, Stream stream, bool leaveOpen)
    {
        try
        {
            return new SafetensorsFile(name, stream, leaveOpen);
        }
        catch when (!leaveOpen)
        {
            stream.Dispose();
            throw;
        }
    }
}
