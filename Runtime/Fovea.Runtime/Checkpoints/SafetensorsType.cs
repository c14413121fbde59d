namespace Fovea.Checkpoints;

/// <summary>Element types of the safetensors format; names as in the file.</summary>
internal enum SafetensorsType : byte
{
    /// <summary>One byte, 0 or 1.</summary>
    BOOL,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>IEEE half.</summary>
    F16,

    /// <summary>The upper half of a single.</summary>
    BF16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>IEEE single.</summary>
    F32,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>IEEE double.</summary>
    F64,
}

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Offset">First byte, from the start of the file.</param>
/// <param name="Bytes">Bytes.</param>
internal sealed record SafetensorsEntry(string Name, SafetensorsType Type, int[] Shape, long Offset, long Bytes)
{
    /// <summary>Elements.</summary>
    public long Length => Bytes / SizeOf(Type);

    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(SafetensorsType type) => type switch
    {
        SafetensorsType.BOOL or SafetensorsType.U8 or SafetensorsType.I8 => 1,
        SafetensorsType.I16 or SafetensorsType.U16 or SafetensorsType.F16 or SafetensorsType.BF16 => 2,
        SafetensorsType.I32 or SafetensorsType.U32 or SafetensorsType.F32 => 4,
        _ => 8,
    };
}
