using System.Buffers.Binary;

namespace Fovea.Checkpoints;

/// <summary>Elements of each type in a file's bytes, which are little endian.</summary>
internal static class Elements
{
    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(ElementType type) => type switch
    {
        ElementType.BOOL or ElementType.U8 or ElementType.I8 => 1,
        ElementType.I16 or ElementType.U16 or ElementType.F16 or ElementType.BF16 => 2,
        ElementType.I32 or ElementType.U32 or ElementType.F32 => 4,
        _ => 8,
    };

    public static bool IsInteger(ElementType type) =>
        type is not (ElementType.F16 or ElementType.BF16 or ElementType.F32 or ElementType.F64);

    /// <summary>An element of any type.</summary>
    public static double Number(ElementType type, ReadOnlySpan<byte> bytes, int index) => type switch
    {
        ElementType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes[(index * 2)..]),
        ElementType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(index * 2)..]) << 16),
        ElementType.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes[(index * 4)..]),
        ElementType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes[(index * 8)..]),
        ElementType.U64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes[(index * 8)..]),
        _ => Integer(type, bytes, index),
    };

    /// <summary>An element of a type of integers; U64 as the bits of a signed one.</summary>
    public static long Integer(ElementType type, ReadOnlySpan<byte> bytes, int index) => type switch
    {
        ElementType.BOOL or ElementType.U8 => bytes[index],
        ElementType.I8 => (sbyte)bytes[index],
        ElementType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(index * 2)..]),
        ElementType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(index * 2)..]),
        ElementType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(index * 4)..]),
        ElementType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(index * 4)..]),
        ElementType.U64 => (long)BinaryPrimitives.ReadUInt64LittleEndian(bytes[(index * 8)..]),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes[(index * 8)..]),
    };
}
