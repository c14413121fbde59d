using System.Buffers.Binary;

namespace Fovea.Checkpoints;

/// <summary>An open safetensors file: its header is read and checked, tensors are read when they are asked for.</summary>
/// <remarks>Source: github.com/huggingface/safetensors. All numbers are little endian.</remarks>
internal sealed class SafetensorsFile : StateDict
{
    private const int PrefixLength = 8;

    private readonly Dictionary<string, StateTensor> entries;
    private readonly Dictionary<string, string> metadata;
    private readonly FileContent content;

    private SafetensorsFile(FileContent content)
        : base(content.Name)
    {
        this.content = content;
        var header = ReadHeader(content);
        (entries, metadata, var end) = SafetensorsHeader.Parse(header, PrefixLength + header.Length, Path);

        // One byte more than it should have tells that it is too long.
        SafetensorsHeader.CheckLength(end, content.LengthUpTo(end + 1), Path);
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StateTensor> Tensors => entries;

    /// <summary>The strings of <c>__metadata__</c>; empty where there is none.</summary>
    public override IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">It is missing, cut off, or no safetensors file.</exception>
    public static SafetensorsFile Open(string path) => Open(FileContent.Open(path));

    /// <summary>
    /// Reads a stream. One that cannot be moved in, or is not at its start, is read into memory: as much as the header says, and no more.
    /// </summary>
    /// <param name="stream">From its position to its end.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="leaveOpen">Whether it stays open; else it is closed with this.</param>
    /// <exception cref="CheckpointException">It is cut off, or no safetensors file.</exception>
    public static SafetensorsFile Open(Stream stream, string name, bool leaveOpen = false) => Open(new FileContent(stream, name, leaveOpen));

    /// <summary>Reads a file's content, which is closed with this, or where it is no safetensors file.</summary>
    /// <exception cref="CheckpointException">It is cut off, or no safetensors file.</exception>
    public static SafetensorsFile Open(FileContent content)
    {
        try
        {
            return new SafetensorsFile(content);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file that begins so is one: the length of a header that begins as JSON does.</summary>
    public static bool IsStart(ReadOnlySpan<byte> start) =>
        start.Length > PrefixLength && BinaryPrimitives.ReadInt64LittleEndian(start) is > 0 and <= SafetensorsHeader.MaxLength
        && start[PrefixLength] == '{';

    /// <inheritdoc/>
    public override void Dispose() => content.Dispose();

    /// <inheritdoc/>
    public override byte[] Hash() => content.Hash();

    /// <inheritdoc/>
    protected override void Read(StateTensor tensor, Span<byte> destination) =>
        content.Read(((SafetensorsEntry)tensor).Offset, destination, tensor.Name);

    /// <summary>The header without the length before it.</summary>
    private static byte[] ReadHeader(FileContent content)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        var found = content.ReadUpTo(0, prefix);
        if (found == prefix.Length && prefix[0] == 'P' && prefix[1] == 'K')
        {
            throw new CheckpointException(content.Name, "expected a safetensors file, found a zip archive, as torch.save makes them.");
        }

        var length = found < prefix.Length ? 0 : BinaryPrimitives.ReadInt64LittleEndian(prefix);
        var isLength = length is > 0 and <= SafetensorsHeader.MaxLength;
        var all = content.LengthUpTo(isLength ? PrefixLength + length : PrefixLength);
        if (!isLength || length > all - PrefixLength)
        {
            throw new CheckpointException(
                content.Name,
                $"expected the length of a safetensors header in the first 8 bytes, at most {SafetensorsHeader.MaxLength}, "
                + $"found {length} in {all} bytes: it is cut off, or of another kind.");
        }

        var json = new byte[length];
        content.Read(PrefixLength, json, "the header");
        return json;
    }
}
