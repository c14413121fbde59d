using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Fovea.Checkpoints;

/// <summary>
/// Collects tensors and writes them as one safetensors file; values are asked for when they are written, one tensor at a time.
/// </summary>
/// <remarks>Wider types come first, so that every tensor is aligned to its element.</remarks>
internal sealed class SafetensorsWriter : ITensorWriter
{
    private readonly List<(SafetensorsEntry Entry, Action<Stream> Content)> tensors = [];
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);
    private readonly HashSet<string> names = new(StringComparer.Ordinal) { SafetensorsHeader.Metadata };

    /// <summary>Adds a string to <c>__metadata__</c>; a later value of a key replaces the earlier.</summary>
    public void AddMetadata(string key, string value) => metadata[key] = value;

    /// <summary>Adds a tensor of F32.</summary>
    /// <param name="name">Its key, once in a file.</param>
    /// <param name="shape">Empty for a scalar.</param>
    /// <param name="values">Yields as many values as the shape says, when the file is written.</param>
    public void Add(string name, int[] shape, Func<float[]> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Add(name, ElementType.F32, shape, stream =>
        {
            var all = values();
            if (BitConverter.IsLittleEndian)
            {
                stream.Write(MemoryMarshal.AsBytes<float>(all));
                return;
            }

            Span<byte> bytes = stackalloc byte[4];
            foreach (var value in all)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
                stream.Write(bytes);
            }
        });
    }

    /// <summary>Adds a tensor of I64.</summary>
    /// <param name="name">Its key, once in a file.</param>
    /// <param name="shape">Empty for a scalar.</param>
    /// <param name="values">As many as the shape says.</param>
    public void Add(string name, int[] shape, long[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Add(name, ElementType.I64, shape, stream =>
        {
            Span<byte> bytes = stackalloc byte[8];
            foreach (var value in values)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
                stream.Write(bytes);
            }
        });
    }

    /// <summary>Adds a tensor of U8, in one dimension.</summary>
    /// <param name="name">Its key, once in a file.</param>
    /// <param name="values">The bytes.</param>
    public void Add(string name, byte[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Add(name, ElementType.U8, [values.Length], stream => stream.Write(values));
    }

    /// <summary>Writes header and tensors.</summary>
    /// <param name="destination">Takes everything from its position on.</param>
    /// <exception cref="InvalidOperationException">A tensor yielded more or fewer values than its shape says.</exception>
    public void Write(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var ordered = tensors.OrderByDescending(t => Elements.SizeOf(t.Entry.Type)).ToArray();
        var offset = 0L;
        for (var i = 0; i < ordered.Length; i++)
        {
            ordered[i].Entry = ordered[i].Entry with { Offset = offset };
            offset += ordered[i].Entry.Bytes;
        }

        var header = SafetensorsHeader.Write(ordered.Select(t => t.Entry), metadata.OrderBy(m => m.Key, StringComparer.Ordinal));
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        destination.Write(length);
        destination.Write(header);
        foreach (var (entry, content) in ordered)
        {
            var counted = new CountingStream(destination);
            content(counted);
            if (counted.Written != entry.Bytes)
            {
                throw new InvalidOperationException($"{entry.Name}: expected {entry.Bytes} bytes for its shape, found {counted.Written}.");
            }
        }
    }

    private void Add(string name, ElementType type, int[] shape, Action<Stream> content)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (!names.Add(name))
        {
            throw new ArgumentException($"{name}: expected each name once.", nameof(name));
        }

        tensors.Add((new SafetensorsEntry(name, type, shape, 0), content));
    }

    /// <summary>Counts what passes through.</summary>
    private sealed class CountingStream(Stream inner) : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Written;

        public override long Position
        {
            get => Written;
            set => throw new NotSupportedException("Only forwards.");
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only for writing.");

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("Only forwards.");

        public override void SetLength(long value) => throw new NotSupportedException("Only forwards.");

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            inner.Write(buffer);
            Written += buffer.Length;
        }
    }
}
