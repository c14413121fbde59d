using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Fovea.Checkpoints;

/// <summary>
/// Collects tensors and writes them as PyTorch's state dict: a zip archive of stored entries with a pickle of the names and shapes and a file of
/// bytes for each tensor. Python reads no metadata from it; it lies in an entry of its own, <c>extra/fovea.json</c>, which torch passes over.
/// </summary>
/// <param name="file">How messages call it.</param>
/// <remarks>Source: torch/serialization.py (1.13), _save; caffe2/serialize/inline_container.cc, PyTorchStreamWriter.</remarks>
internal sealed class TorchWriter(string file) : ITensorWriter
{
    private const string Root = "archive/";

    private readonly List<(string Name, int[] Shape, int Length, bool IsFloat, Func<byte[]> Bytes)> tensors = [];
    private readonly SortedDictionary<string, string> metadata = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void AddMetadata(string key, string value) => metadata[key] = value;

    /// <inheritdoc/>
    public void Add(string name, int[] shape, Func<float[]> values) =>
        tensors.Add((name, shape, LengthOf(shape), true, () => Bytes(values(), LengthOf(shape), BinaryPrimitives.WriteSingleLittleEndian)));

    /// <inheritdoc/>
    public void Add(string name, int[] shape, long[] values) =>
        tensors.Add((name, shape, LengthOf(shape), false, () => Bytes(values, LengthOf(shape), BinaryPrimitives.WriteInt64LittleEndian)));

    /// <inheritdoc/>
    /// <exception cref="CheckpointException">There are more than 4 GB.</exception>
    public void Write(Stream destination)
    {
        var total = tensors.Sum(t => (long)t.Length * (t.IsFloat ? sizeof(float) : sizeof(long)));
        if (total > StoredZip.MaxLength - (64 << 20))
        {
            throw new CheckpointException(file, FormattableString.Invariant(
                $"the weights take {total} bytes: a state dict of torch's form holds at most 4 GB here. Save as safetensors, which has no such limit."));
        }

        var zip = new StoredZip(destination);
        zip.Add(Root + "data.pkl", Pickle());
        zip.Add(Root + "byteorder", "little"u8);
        for (var i = 0; i < tensors.Count; i++)
        {
            zip.Add(FormattableString.Invariant($"{Root}data/{i}"), tensors[i].Bytes());
        }

        zip.Add(Root + "version", "3\n"u8);
        zip.Add(Root + "extra/fovea.json", Encoding.UTF8.GetBytes(CheckpointKeys.Write(metadata)));
        zip.Finish();
    }

    /// <summary>OrderedDict of name → _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict()).</summary>
    private byte[] Pickle()
    {
        var pickle = new PickleWriter();
        EmptyDictionary(pickle);
        pickle.Mark();
        for (var i = 0; i < tensors.Count; i++)
        {
            var (key, shape, length, isFloat, _) = tensors[i];
            pickle.Text(key);
            pickle.Global("torch._utils", "_rebuild_tensor_v2");
            pickle.Mark();
            pickle.Mark();
            pickle.Text("storage");
            pickle.Global("torch", isFloat ? "FloatStorage" : "LongStorage");
            pickle.Text(FormattableString.Invariant($"{i}"));
            pickle.Text("cpu");
            pickle.Integer(length);
            pickle.Tuple();
            pickle.Persistent();
            pickle.Integer(0);
            pickle.Tuple(shape);
            pickle.Tuple(shape.Select((_, axis) => LengthOf(shape.AsSpan(axis + 1))));
            pickle.False();
            EmptyDictionary(pickle);
            pickle.Tuple();
            pickle.Call();
        }

        pickle.SetItems();
        return pickle.Finish();
    }

    private static void EmptyDictionary(PickleWriter pickle)
    {
        pickle.Global("collections", "OrderedDict");
        pickle.Tuple([]);
        pickle.Call();
    }

    private static int LengthOf(ReadOnlySpan<int> shape)
    {
        var length = 1;
        foreach (var d in shape)
        {
            length = checked(length * d);
        }

        return length;
    }

    private byte[] Bytes<T>(T[] values, int expected, Writer<T> write)
        where T : unmanaged
    {
        if (values.Length != expected)
        {
            throw new InvalidOperationException($"{file}: expected {expected} values for a tensor's shape, found {values.Length}.");
        }

        if (BitConverter.IsLittleEndian)
        {
            return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        }

        var size = Marshal.SizeOf<T>();
        var bytes = new byte[values.Length * size];
        for (var i = 0; i < values.Length; i++)
        {
            write(bytes.AsSpan(i * size), values[i]);
        }

        return bytes;
    }

    private delegate void Writer<T>(Span<byte> destination, T value);
}
