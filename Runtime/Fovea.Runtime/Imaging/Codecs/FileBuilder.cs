using System.Buffers;

namespace Fovea.Imaging.Codecs;

/// <summary>A file that is put together of parts of another, in borrowed memory.</summary>
/// <param name="capacity">Bytes at the most.</param>
internal ref struct FileBuilder(int capacity)
{
    private byte[]? bytes = ArrayPool<byte>.Shared.Rent(capacity);
    private int length;

    public readonly ReadOnlySpan<byte> Written => bytes.AsSpan(0, length);

    public void Add(scoped ReadOnlySpan<byte> part)
    {
        part.CopyTo(bytes.AsSpan(length));
        length += part.Length;
    }

    /// <summary>What was added, to be changed.</summary>
    public readonly Span<byte> At(int offset, int count) => bytes.AsSpan(0, length).Slice(offset, count);

    public void Dispose()
    {
        if (bytes is { } array)
        {
            bytes = null;
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
