using System.Buffers.Binary;
using System.Text;

namespace Fovea.Checkpoints.Onnx;

/// <summary>Reads protocol buffers where they lie in a file: a message is a range of bytes, and its fields come one after the other.</summary>
/// <remarks>
/// Source: protobuf.dev, "Encoding". Nothing is kept but a window of the file and what the caller takes, whose sum is bounded by
/// <see cref="Take"/>. Groups, which were given up before ONNX began, are refused.
/// </remarks>
/// <param name="content">The file.</param>
internal sealed class ProtoReader(FileContent content)
{
    /// <summary>Bytes that all names and lists of a file may take in memory. A network's take one hundredth of it.</summary>
    public const int MaxTaken = 64 << 20;

    /// <summary>Bytes of a string.</summary>
    public const int MaxString = 4096;

    private const int WindowLength = 1 << 14;

    /// <summary>A varint of 64 bits has at most so many bytes.</summary>
    private const int MaxVarint = 10;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] window = new byte[WindowLength];
    private long windowStart;
    private int windowCount;
    private long taken;

    /// <summary>The fields of a message, in the file's order.</summary>
    /// <param name="message">Where it is.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="CheckpointException">It is cut off, or no protocol buffer.</exception>
    public IEnumerable<ProtoField> Fields(ProtoRange message, string what)
    {
        var at = message.Start;
        while (at < message.End)
        {
            yield return Next(ref at, message.End, what);
        }
    }

    /// <summary>The numbers of a repeated field, which are packed, or one alone.</summary>
    /// <param name="field">Of varints.</param>
    /// <param name="what">What it is, for messages.</param>
    public IEnumerable<long> Integers(ProtoField field, string what)
    {
        if (field.Wire != ProtoWire.Bytes)
        {
            yield return Require(field, ProtoWire.Varint, what).Integer;
            yield break;
        }

        for (var at = field.Content.Start; at < field.Content.End;)
        {
            yield return (long)Varint(ref at, field.Content.End, what);
        }
    }

    /// <summary>The numbers of a repeated field, which are packed, or one alone.</summary>
    /// <param name="field">Of singles.</param>
    /// <param name="what">What it is, for messages.</param>
    public IEnumerable<float> Singles(ProtoField field, string what)
    {
        if (field.Wire != ProtoWire.Bytes)
        {
            yield return Require(field, ProtoWire.Fixed32, what).Single;
            yield break;
        }

        for (var at = field.Content.Start; at < field.Content.End; at += sizeof(float))
        {
            yield return BitConverter.Int32BitsToSingle((int)Fixed(at, sizeof(float), field.Content.End, what));
        }
    }

    /// <summary>A string.</summary>
    /// <param name="field">The field.</param>
    /// <param name="what">What it is, for messages.</param>
    public string Text(ProtoField field, string what)
    {
        var range = Require(field, ProtoWire.Bytes, what).Content;
        if (range.Length > MaxString)
        {
            throw new CheckpointException(
                content.Name, FormattableString.Invariant($"{what}: expected text of at most {MaxString} bytes, found {range.Length} at byte {range.Start}."));
        }

        Take(range.Length);
        Span<byte> bytes = stackalloc byte[(int)range.Length];
        content.Read(range.Start, bytes, what);
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(content.Name, FormattableString.Invariant($"{what}: expected text in UTF-8, found other bytes at byte {range.Start}."), e);
        }
    }

    /// <summary>A field as it must be written.</summary>
    /// <exception cref="CheckpointException">It is written in another way.</exception>
    public ProtoField Require(ProtoField field, ProtoWire wire, string what) => field.Wire == wire
        ? field
        : throw new CheckpointException(
            content.Name, FormattableString.Invariant($"{what}: expected field {field.Number} as {wire}, found it as {field.Wire}: it is damaged, or no ONNX model."));

    /// <summary>Counts what the caller keeps.</summary>
    /// <param name="bytes">Of a string or a list; each object costs some more.</param>
    /// <exception cref="CheckpointException">It is too much in all.</exception>
    public void Take(long bytes)
    {
        const int Object = 64;
        taken += bytes + Object;
        if (taken > MaxTaken)
        {
            throw new CheckpointException(
                content.Name, $"expected nodes and names that take at most {MaxTaken} bytes, found more: it is damaged, or far too large a network.");
        }
    }

    private ProtoField Next(ref long at, long end, string what)
    {
        var start = at;
        var key = Varint(ref at, end, what);
        var (number, wire) = (key >> 3, (ProtoWire)(key & 7));
        if (number is 0 or > int.MaxValue)
        {
            throw Damaged(start, what, "a field's number", FormattableString.Invariant($"{number}"));
        }

        switch (wire)
        {
            case ProtoWire.Varint:
                return new ProtoField((int)number, wire, Varint(ref at, end, what), default);
            case ProtoWire.Fixed32:
            case ProtoWire.Fixed64:
                var size = wire == ProtoWire.Fixed32 ? 4 : 8;
                at += size;
                return new ProtoField((int)number, wire, Fixed(at - size, size, end, what), default);
            case ProtoWire.Bytes:
                var length = Varint(ref at, end, what);
                if (length > (ulong)(end - at))
                {
                    throw Damaged(start, what, FormattableString.Invariant($"at most {end - at} bytes"), FormattableString.Invariant($"{length}"));
                }

                at += (long)length;
                return new ProtoField((int)number, wire, 0, new ProtoRange(at - (long)length, at));
            default:
                throw Damaged(start, what, "a number or bytes", FormattableString.Invariant($"wire type {(int)wire}"));
        }
    }

    private ulong Varint(ref long at, long end, string what)
    {
        var start = at;
        var value = 0UL;
        for (var i = 0; i < MaxVarint; i++)
        {
            if (at >= end)
            {
                throw Damaged(start, what, "a number", "the end of the message");
            }

            var part = At(at++);
            value |= (ulong)(part & 127) << (7 * i);
            if (part < 128)
            {
                return value;
            }
        }

        throw Damaged(start, what, FormattableString.Invariant($"a number of at most {MaxVarint} bytes"), "a longer one");
    }

    private ulong Fixed(long at, int size, long end, string what)
    {
        if (size > end - at)
        {
            throw Damaged(at, what, FormattableString.Invariant($"{size} bytes"), FormattableString.Invariant($"{end - at}"));
        }

        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        for (var i = 0; i < size; i++)
        {
            bytes[i] = At(at + i);
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private byte At(long place)
    {
        if (place < windowStart || place >= windowStart + windowCount)
        {
            windowCount = content.ReadUpTo(place, window);
            windowStart = place;
            if (windowCount == 0)
            {
                throw new CheckpointException(content.Name, FormattableString.Invariant($"ends before byte {place}: it is cut off."));
            }
        }

        return window[place - windowStart];
    }

    private CheckpointException Damaged(long at, string what, string expected, string found) => new(
        content.Name, FormattableString.Invariant($"{what} at byte {at}: expected {expected}, found {found}: it is cut off or damaged, or no ONNX model."));
}
