using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Fovea.Checkpoints;

/// <summary>
/// An open checkpoint of any kind: what tensors it has is known and checked, their values are read when they are asked for.
/// </summary>
/// <param name="path">The file, as messages call it.</param>
internal abstract class StateDict(string path) : IDisposable
{
    /// <summary>The file, as messages call it.</summary>
    public string Path { get; } = path;

    /// <summary>The tensors, by name.</summary>
    public abstract IReadOnlyDictionary<string, StateTensor> Tensors { get; }

    /// <summary>Strings that the file has beside its tensors; empty where there are none.</summary>
    public virtual IReadOnlyDictionary<string, string> Metadata => ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="CheckpointException">No such tensor.</exception>
    public StateTensor Find(string name) =>
        TryFind(name, out var tensor) ? tensor : throw new CheckpointException(Path, $"has no tensor \"{name}\".");

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out StateTensor? tensor) => Tensors.TryGetValue(name, out tensor);

    /// <summary>A tensor's values as single precision, converted from any type.</summary>
    /// <param name="name">The tensor.</param>
    /// <exception cref="CheckpointException">No such tensor, or the file ends early.</exception>
    public float[] ReadSingles(string name)
    {
        var values = new float[LengthOf(Find(name))];
        ReadSingles(name, values);
        return values;
    }

    /// <summary>A tensor's values as single precision, converted from any type.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">Of the tensor's length.</param>
    public void ReadSingles(string name, Span<float> destination)
    {
        var tensor = Find(name);
        if (tensor.Length != destination.Length)
        {
            throw new CheckpointException(
                Path, $"{tensor.Name}: expected {destination.Length} elements, found {tensor.Length} in shape {tensor.ShapeText}.");
        }

        if (tensor.Type == ElementType.F32 && BitConverter.IsLittleEndian)
        {
            Read(tensor, MemoryMarshal.AsBytes(destination));
            return;
        }

        var bytes = ReadBytes(name);
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = (float)Elements.Number(tensor.Type, bytes, i);
        }
    }

    /// <summary>A tensor's values as double precision, converted from any type.</summary>
    /// <param name="name">The tensor.</param>
    public double[] ReadDoubles(string name)
    {
        var tensor = Find(name);
        var bytes = ReadBytes(name);
        var values = new double[LengthOf(tensor)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Elements.Number(tensor.Type, bytes, i);
        }

        return values;
    }

    /// <summary>A tensor's values as integers.</summary>
    /// <param name="name">A tensor of integers or booleans.</param>
    /// <exception cref="CheckpointException">The tensor holds no integers.</exception>
    public long[] ReadIntegers(string name)
    {
        var tensor = Find(name);
        if (!Elements.IsInteger(tensor.Type))
        {
            throw new CheckpointException(Path, $"{name}: expected integers, found {tensor.Type}.");
        }

        var bytes = ReadBytes(name);
        var values = new long[LengthOf(tensor)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Elements.Integer(tensor.Type, bytes, i);
            if (tensor.Type == ElementType.U64 && values[i] < 0)
            {
                throw new CheckpointException(Path, $"{name}: expected integers up to {long.MaxValue}, found {(ulong)values[i]}.");
            }
        }

        return values;
    }

    /// <summary>A tensor's elements, one after the other, as the file writes them.</summary>
    /// <param name="name">The tensor.</param>
    public byte[] ReadBytes(string name)
    {
        var tensor = Find(name);
        _ = LengthOf(tensor);
        var bytes = new byte[tensor.Bytes];
        Read(tensor, bytes);
        return bytes;
    }

    /// <summary>A tensor's elements, one after the other, as the file writes them.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">Of <see cref="StateTensor.Bytes"/>.</param>
    public void ReadBytes(string name, Span<byte> destination) => Read(Find(name), destination);

    /// <summary>SHA-256 of the file; empty where its content has none, as that of several files.</summary>
    public virtual byte[] Hash() => [];

    /// <summary>Closes the file, unless it was to stay open.</summary>
    public abstract void Dispose();

    /// <summary>Reads a tensor's elements in the order of its shape, one after the other, little endian.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="destination">Of <see cref="StateTensor.Bytes"/>.</param>
    protected abstract void Read(StateTensor tensor, Span<byte> destination);

    /// <summary>Elements of a tensor that an array can hold.</summary>
    private long LengthOf(StateTensor tensor) => tensor.Bytes <= Array.MaxLength
        ? tensor.Length
        : throw new CheckpointException(Path, $"{tensor.Name}: expected at most {Array.MaxLength} bytes, found {tensor.Bytes}.");
}
