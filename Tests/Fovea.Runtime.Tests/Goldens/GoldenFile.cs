using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fovea.Tests.Goldens;

/// <summary>Reads golden safetensors files. Kept apart from the library's own reader, so that a mistake there cannot hide itself.</summary>
internal static class GoldenFile
{
    public static Dictionary<string, GoldenTensor> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var headerLength = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        var data = bytes.AsMemory(8 + headerLength);
        var tensors = new Dictionary<string, GoldenTensor>(StringComparer.Ordinal);
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                continue;
            }

            var dtype = entry.Value.GetProperty("dtype").GetString()!;
            var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()).ToArray();
            var offsets = entry.Value.GetProperty("data_offsets");
            var begin = offsets[0].GetInt32();
            var raw = data.Span[begin..offsets[1].GetInt32()];
            tensors.Add(entry.Name, new GoldenTensor(entry.Name, dtype, shape, Decode(path, entry.Name, dtype, raw)));
        }

        return tensors;
    }

    private static Array Decode(string path, string name, string dtype, ReadOnlySpan<byte> raw) => dtype switch
    {
        "F32" => MemoryMarshal.Cast<byte, float>(raw).ToArray(),
        "F64" => MemoryMarshal.Cast<byte, double>(raw).ToArray(),
        "I64" => MemoryMarshal.Cast<byte, long>(raw).ToArray(),
        "I32" => MemoryMarshal.Cast<byte, int>(raw).ToArray(),
        "BOOL" => MemoryMarshal.Cast<byte, bool>(raw).ToArray(),
        "U8" => raw.ToArray(),
        _ => throw new InvalidDataException($"{path}: tensor {name} has dtype {dtype}; expected F32, F64, I64, I32, BOOL or U8."),
    };
}
