using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Checks.Cudnn;

/// <summary>Numbers as a device stores them.</summary>
internal static class DeviceValues
{
    /// <summary>Numbers to bytes, to the nearest, ties to even.</summary>
    public static byte[] Encode(ReadOnlySpan<float> values, CudnnDataType type)
    {
        if (type == CudnnDataType.Float)
        {
            return MemoryMarshal.AsBytes(values).ToArray();
        }

        var bytes = new byte[values.Length * sizeof(ushort)];
        var bits = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
        for (var i = 0; i < values.Length; i++)
        {
            bits[i] = type == CudnnDataType.Half ? BitConverter.HalfToUInt16Bits((Half)values[i]) : ToBFloat16(values[i]);
        }

        return bytes;
    }

    /// <summary>Bytes to numbers.</summary>
    public static float[] Decode(ReadOnlySpan<byte> bytes, CudnnDataType type)
    {
        if (type == CudnnDataType.Float)
        {
            return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        }

        var bits = MemoryMarshal.Cast<byte, ushort>(bytes);
        var values = new float[bits.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = type == CudnnDataType.Half
                ? (float)BitConverter.UInt16BitsToHalf(bits[i])
                : BitConverter.UInt32BitsToSingle((uint)bits[i] << 16);
        }

        return values;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
