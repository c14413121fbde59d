using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Fovea.TestSupport;

/// <summary>A storage that tensors are views of.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Kind"><c>FloatStorage</c>, <c>HalfStorage</c> …</param>
/// <param name="ElementSize">Bytes of an element.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record PyStorage(string Key, string Kind, int ElementSize, byte[] Content)
{
    public long Length => Content.Length / ElementSize;

    public static PyStorage Of(string key, params float[] values) => new(key, "FloatStorage", 4, MemoryMarshal.AsBytes<float>(values).ToArray());
}

/// <summary>Writes files as <c>torch.save</c> does, in both formats, without torch.</summary>
internal static class TorchFileWriter
{
    private static readonly BigInteger Magic = new BigInteger(0x1950a86a20f9469c) * 65536 + 0xfc6c;

    /// <summary>A tensor of a storage, with strides.</summary>
    public static PyCall Tensor(PyStorage storage, long offset, long[] size, long[] strides, bool isLegacy = false) => new(
        new PyGlobal("torch._utils", "_rebuild_tensor_v2"), Persistent(storage, isLegacy), offset, Tuple(size), Tuple(strides), false, new PyDict { IsOrdered = true });

    /// <summary>A contiguous tensor of all of a storage.</summary>
    public static PyCall Tensor(PyStorage storage, long[] size, bool isLegacy = false) => Tensor(storage, 0, size, Strides(size), isLegacy);

    /// <summary>As <c>nn.Parameter</c> is pickled.</summary>
    public static PyCall Parameter(PyCall tensor) =>
        new(new PyGlobal("torch._utils", "_rebuild_parameter"), tensor, true, new PyDict { IsOrdered = true });

    /// <summary>A state dict of float tensors, each with its own storage, and the storages.</summary>
    public static (PyDict State, List<PyStorage> Storages) StateOf(IEnumerable<(string Name, int[] Shape, float[] Values)> tensors, bool isLegacy)
    {
        var (state, storages) = (new PyDict { IsOrdered = true }, new List<PyStorage>());
        foreach (var (name, shape, values) in tensors)
        {
            storages.Add(PyStorage.Of(FormattableString.Invariant($"{storages.Count}"), values));
            state.Add(name, Tensor(storages[^1], Array.ConvertAll(shape, d => (long)d), isLegacy));
        }

        return (state, storages);
    }

    /// <summary>The zip format.</summary>
    public static byte[] Zip(object? root, IEnumerable<PyStorage> storages, int protocol = 2, params (string Name, byte[] Content)[] more)
    {
        var zip = new StoredZip();
        zip.Add("archive/data.pkl", PickleWriter.Of(root, protocol));
        foreach (var storage in storages)
        {
            zip.Add($"archive/data/{storage.Key}", storage.Content);
        }

        foreach (var (name, content) in more)
        {
            zip.Add(name, content);
        }

        zip.Add("archive/version", "3\n"u8.ToArray());
        return zip.ToArray();
    }

    /// <summary>The format before 1.6.</summary>
    public static byte[] Legacy(object? root, IReadOnlyList<PyStorage> storages, int protocol = 2, bool isLittleEndian = true)
    {
        using var file = new MemoryStream();
        file.Write(PickleWriter.Of(Magic, protocol));
        file.Write(PickleWriter.Of(1001, protocol));
        file.Write(PickleWriter.Of(
            new PyDict
            {
                { "protocol_version", 1001 }, { "little_endian", isLittleEndian },
                { "type_sizes", new PyDict { { "short", 2 }, { "int", 4 }, { "long", 4 } } },
            },
            protocol));
        file.Write(PickleWriter.Of(root, protocol));
        file.Write(PickleWriter.Of(storages.Select(s => (object?)s.Key).ToList(), protocol));
        var length = new byte[8];
        foreach (var storage in storages)
        {
            BinaryPrimitives.WriteInt64LittleEndian(length, storage.Length);
            file.Write(length);
            file.Write(storage.Content);
        }

        return file.ToArray();
    }

    public static PyPersistent Persistent(PyStorage storage, bool isLegacy) =>
        new(["storage", new PyGlobal("torch", storage.Kind), storage.Key, "cpu", storage.Length, .. isLegacy ? [null] : Array.Empty<object?>()]);

    private static object?[] Tuple(long[] numbers) => Array.ConvertAll(numbers, n => (object?)n);

    private static long[] Strides(long[] size)
    {
        var strides = new long[size.Length];
        var step = 1L;
        for (var d = size.Length - 1; d >= 0; d--)
        {
            strides[d] = step;
            step *= size[d];
        }

        return strides;
    }
}

/// <summary>Writes zip archives whose entries are stored as they are; what a test wants otherwise it says of an entry.</summary>
internal sealed class StoredZip
{
    private readonly List<byte> file = [];
    private readonly List<byte> directory = [];
    private int count;

    /// <summary>Adds an entry.</summary>
    /// <param name="name">With its folders.</param>
    /// <param name="content">Its bytes as they lie in the archive.</param>
    /// <param name="method">How they are said to be compressed.</param>
    /// <param name="size">What the directory says that they unpack to; null: as many as there are.</param>
    /// <param name="place">Where the directory says that they are; null: where they are.</param>
    /// <param name="isLarge">Whether lengths and place are in a zip64 field.</param>
    public void Add(string name, byte[] content, ushort method = 0, long? size = null, long? place = null, bool isLarge = false)
    {
        var at = place ?? file.Count;
        var text = Encoding.UTF8.GetBytes(name);
        Write(file, 0x04034b50u, (ushort)20, (ushort)0x0800, method, 0u, 0u, (uint)content.Length, (uint)content.Length, (ushort)text.Length, (ushort)0);
        file.AddRange(text);
        file.AddRange(content);
        var (small, place32) = isLarge ? (uint.MaxValue, uint.MaxValue) : ((uint)content.Length, (uint)at);
        var unpacked = isLarge ? uint.MaxValue : (uint)(size ?? content.Length);
        Write(
            directory, 0x02014b50u, (ushort)20, (ushort)20, (ushort)0x0800, method, 0u, 0u, small, unpacked, (ushort)text.Length,
            (ushort)(isLarge ? 28 : 0), (ushort)0, (ushort)0, (ushort)0, 0u, place32);
        directory.AddRange(text);
        if (isLarge)
        {
            Write(directory, (ushort)1, (ushort)24, (ulong)(size ?? content.Length), (ulong)content.Length, (ulong)at);
        }

        count++;
    }

    /// <summary>The archive.</summary>
    /// <param name="isLarge">Whether it ends as zip64 archives do.</param>
    public byte[] ToArray(bool isLarge = false)
    {
        List<byte> all = [.. file, .. directory];
        var end = (ulong)all.Count;
        if (isLarge)
        {
            Write(
                all, 0x06064b50u, 44UL, (ushort)45, (ushort)45, 0u, 0u, (ulong)count, (ulong)count, (ulong)directory.Count, (ulong)file.Count);
            Write(all, 0x07064b50u, 0u, end, 1u);
        }

        var (entries, length, start) = isLarge
            ? (ushort.MaxValue, uint.MaxValue, uint.MaxValue)
            : ((ushort)count, (uint)directory.Count, (uint)file.Count);
        Write(all, 0x06054b50u, (ushort)0, (ushort)0, entries, entries, length, start, (ushort)0);
        return all.ToArray();
    }

    private static void Write(List<byte> bytes, params object[] numbers)
    {
        foreach (var number in numbers)
        {
            bytes.AddRange(number switch
            {
                ushort two => BitConverter.GetBytes(two),
                uint four => BitConverter.GetBytes(four),
                _ => BitConverter.GetBytes((ulong)number),
            });
        }
    }
}
