using System.Buffers.Binary;
using System.Text;

namespace Fovea.App.Reports.Events;

/// <summary>
/// TensorBoard's Event in protobuf's encoding, of which it uses three kinds of fields: whole numbers, floating-point numbers and runs of
/// bytes.
/// </summary>
/// <remarks>
/// Source: tensorflow/core/util/event.proto (wall_time 1, step 2, file_version 3, summary 5), tensorflow/core/framework/summary.proto
/// (value 1; of it tag 1, simple_value 2), protobuf.dev/programming-guides/encoding.
/// </remarks>
internal static class EventMessage
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;
    private const int StepField = 2;

    /// <summary>The first event of a file.</summary>
    /// <param name="wallTime">Seconds since 1970.</param>
    public static byte[] Version(double wallTime)
    {
        var message = new List<byte>();
        AddDouble(message, 1, wallTime);
        AddBytes(message, 3, "brain.Event:2"u8);
        return [.. message];
    }

    /// <summary>Numbers of a step.</summary>
    /// <param name="wallTime">Seconds since 1970.</param>
    /// <param name="step">What TensorBoard draws along the axis.</param>
    /// <param name="scalars">By tag; a slash makes groups.</param>
    public static byte[] Scalars(double wallTime, long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new List<byte>();
        foreach (var (tag, number) in scalars)
        {
            var value = new List<byte>();
            AddBytes(value, 1, Encoding.UTF8.GetBytes(tag));
            AddSingle(value, 2, (float)number);
            AddBytes(summary, 1, [.. value]);
        }

        var message = new List<byte>();
        AddDouble(message, 1, wallTime);
        AddKey(message, StepField, Varint);
        AddVarint(message, (ulong)step);
        AddBytes(message, 5, [.. summary]);
        return [.. message];
    }

    /// <summary>An event's step; 0 where it has none, as the first event of a file.</summary>
    public static long StepOf(ReadOnlySpan<byte> message)
    {
        while (!message.IsEmpty)
        {
            var key = TakeVarint(ref message);
            switch ((int)(key & 7))
            {
                case Varint:
                    var value = TakeVarint(ref message);
                    if (key >> 3 == StepField)
                    {
                        return (long)value;
                    }

                    break;
                case Fixed64:
                    message = message[8..];
                    break;
                case Bytes:
                    message = message[(int)TakeVarint(ref message)..];
                    break;
                case Fixed32:
                    message = message[4..];
                    break;
                default:
                    throw new InvalidDataException($"expected an Event of TensorBoard's, found a field of kind {key & 7}.");
            }
        }

        return 0;
    }

    private static void AddKey(List<byte> message, int field, int kind) => AddVarint(message, (ulong)((field << 3) | kind));

    private static void AddVarint(List<byte> message, ulong value)
    {
        while (value >= 0x80)
        {
            message.Add((byte)(value | 0x80));
            value >>= 7;
        }

        message.Add((byte)value);
    }

    private static void AddBytes(List<byte> message, int field, ReadOnlySpan<byte> content)
    {
        AddKey(message, field, Bytes);
        AddVarint(message, (ulong)content.Length);
        message.AddRange(content);
    }

    private static void AddDouble(List<byte> message, int field, double value)
    {
        AddKey(message, field, Fixed64);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        message.AddRange(bytes);
    }

    private static void AddSingle(List<byte> message, int field, float value)
    {
        AddKey(message, field, Fixed32);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        message.AddRange(bytes);
    }

    private static ulong TakeVarint(ref ReadOnlySpan<byte> message)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var b = message[0];
            message = message[1..];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }
}
