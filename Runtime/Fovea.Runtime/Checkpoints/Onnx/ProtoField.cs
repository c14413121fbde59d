using System.Buffers.Binary;

namespace Fovea.Checkpoints.Onnx;

/// <summary>How a field of a protocol buffer is written.</summary>
internal enum ProtoWire : byte
{
    /// <summary>Seven bits a byte, least first.</summary>
    Varint = 0,

    /// <summary>Eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>A length and so many bytes: a string, a message, or packed numbers.</summary>
    Bytes = 2,

    /// <summary>Four bytes.</summary>
    Fixed32 = 5,
}

/// <summary>A message's bytes in a file.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">Behind the last.</param>
internal readonly record struct ProtoRange(long Start, long End)
{
    public long Length => End - Start;
}

/// <summary>A field of a message.</summary>
/// <param name="Number">Which one.</param>
/// <param name="Wire">How it is written.</param>
/// <param name="Value">Of a number its bits.</param>
/// <param name="Content">Of bytes where they are.</param>
internal readonly record struct ProtoField(int Number, ProtoWire Wire, ulong Value, ProtoRange Content)
{
    /// <summary>The number as an integer.</summary>
    public long Integer => (long)Value;

    /// <summary>The number as a single.</summary>
    public float Single => BitConverter.Int32BitsToSingle((int)Value);
}
