using System.Text;

namespace Fovea.Tests.App.Reports;

/// <summary>
/// Reads TensorBoard's files by their descriptions, sharing no line with what writes them: CRC-32C bit by bit, protobuf as fields of bytes.
/// </summary>
internal static class TensorBoardReader
{
    public sealed record Event(double WallTime, long Step, string? Version, IReadOnlyDictionary<string, float> Scalars);

    /// <summary>All events of a file; fails where a checksum is wrong or a record is cut off.</summary>
    public static List<Event> Read(string path)
    {
        var events = new List<Event>();
        using var file = new BinaryReader(File.OpenRead(path));
        while (file.BaseStream.Position < file.BaseStream.Length)
        {
            var head = file.ReadBytes(8);
            Assert.Equal(Masked(head), file.ReadUInt32());
            var data = file.ReadBytes((int)BitConverter.ToUInt64(head));
            Assert.Equal((int)BitConverter.ToUInt64(head), data.Length);
            Assert.Equal(Masked(data), file.ReadUInt32());
            events.Add(Parse(data));
        }

        return events;
    }

    /// <summary>Castagnoli's polynomial, reflected.</summary>
    public static uint Crc(byte[] data)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
            }
        }

        return crc ^ 0xFFFFFFFF;
    }

    private static uint Masked(byte[] data)
    {
        var crc = Crc(data);
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8);
    }

    private static Event Parse(byte[] message)
    {
        var fields = Fields(message);
        var scalars = new Dictionary<string, float>();
        foreach (var (_, summary) in fields.Where(f => f.Field == 5))
        {
            foreach (var (_, value) in Fields(summary).Where(f => f.Field == 1))
            {
                var parts = Fields(value).ToDictionary(f => f.Field, f => f.Content);
                scalars.Add(Encoding.UTF8.GetString(parts[1]), BitConverter.ToSingle(parts[2]));
            }
        }

        byte[]? Of(int field) => fields.Where(f => f.Field == field).Select(f => f.Content).SingleOrDefault();
        return new Event(
            BitConverter.ToDouble(Of(1)!), Of(2) is { } step ? BitConverter.ToInt64(step) : 0,
            Of(3) is { } version ? Encoding.UTF8.GetString(version) : null, scalars);
    }

    /// <summary>Numbers and bytes of each field as they stand; a varint as eight bytes.</summary>
    private static List<(int Field, byte[] Content)> Fields(byte[] message)
    {
        var fields = new List<(int, byte[])>();
        var at = 0;
        long Varint()
        {
            long value = 0;
            var shift = 0;
            byte b;
            do
            {
                b = message[at++];
                value |= (long)(b & 127) << shift;
                shift += 7;
            }
            while (b > 127);
            return value;
        }

        byte[] Take(int count) => message[at..(at += count)];

        while (at < message.Length)
        {
            var key = Varint();
            var content = (key & 7) switch
            {
                0 => BitConverter.GetBytes(Varint()),
                1 => Take(8),
                2 => Take((int)Varint()),
                5 => Take(4),
                var kind => throw new InvalidDataException($"wire type {kind}"),
            };
            fields.Add(((int)(key >> 3), content));
        }

        return fields;
    }
}
