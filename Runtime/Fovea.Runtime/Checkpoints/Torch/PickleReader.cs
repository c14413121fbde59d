using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Fovea.Checkpoints.Torch;

/// <summary>What a pickle's globals and persistent ids stand for.</summary>
internal interface IPickleObjects
{
    /// <summary>A global that may be used; null for all others.</summary>
    object? FindGlobal(string name);

    /// <summary>What a global makes of arguments.</summary>
    /// <exception cref="PickleException">It makes nothing of these.</exception>
    object? Call(object? function, object?[] arguments);

    /// <summary>What lies outside the pickle.</summary>
    /// <exception cref="PickleException">There is no such thing.</exception>
    object Persistent(object?[] id);
}

/// <summary>
/// Reads pickles of protocols 2 to 5, as far as state dicts need them. Nothing is imported and nothing is run: a global is a name that
/// <see cref="IPickleObjects"/> knows, or the pickle is refused.
/// </summary>
/// <remarks>
/// Source: CPython's Lib/pickletools.py. An opcode makes at most one small object, none copies what is there, and there are at most
/// <see cref="MaxOpcodes"/> of them: memory is bounded whatever a pickle says, and there is no recursion.
/// </remarks>
/// <param name="content">The file.</param>
/// <param name="part">How messages call the pickle.</param>
/// <param name="start">Its first byte.</param>
/// <param name="end">Where it must have ended.</param>
/// <param name="objects">What its globals are.</param>
internal sealed class PickleReader(FileContent content, string part, long start, long end, IPickleObjects objects)
{
    /// <summary>Bytes of a pickle. A detector's with its optimiser takes a tenth of a mebibyte.</summary>
    public const int MaxLength = 16 << 20;

    /// <summary>Opcodes of a pickle. A tensor has about thirty.</summary>
    public const int MaxOpcodes = 1_000_000;

    /// <summary>Bytes of a global's module, and of its name.</summary>
    private const int MaxGlobal = 500;

    private const int WindowLength = 1 << 13;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly object True = true;
    private static readonly object False = false;

    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private readonly byte[] window = new byte[WindowLength];
    private readonly long origin = start;
    private readonly long limit = Math.Min(end, start + MaxLength);
    private long windowStart = start;
    private int windowCount;
    private int at;

    /// <summary>The next byte's place in the file.</summary>
    public long Position => windowStart + at;

    /// <summary>Reads one pickle; another may follow.</summary>
    /// <exception cref="CheckpointException">It is damaged, or asks for what no state dict needs.</exception>
    public object? Read()
    {
        var opcode = Position;
        try
        {
            stack.Clear();
            marks.Clear();
            memo.Clear();
            if (Byte() != (byte)PickleOpcode.Proto)
            {
                throw new PickleException("expected a pickle of protocol 2 to 5, found no protocol.");
            }

            if (Byte() is var protocol && protocol is < 2 or > 5)
            {
                throw new PickleException($"expected a pickle of protocol 2 to 5, found {protocol}.");
            }

            for (var count = 0; count < MaxOpcodes; count++)
            {
                opcode = Position;
                var code = (PickleOpcode)Byte();
                if (code == PickleOpcode.Stop)
                {
                    return Pop();
                }

                Execute(code);
            }

            throw new PickleException($"expected at most {MaxOpcodes} opcodes, found more: it is no model's.");
        }
        catch (PickleException e)
        {
            throw new CheckpointException(content.Name, FormattableString.Invariant($"{part} at byte {opcode - origin}: {e.Message}"), e);
        }
    }

    private void Execute(PickleOpcode code)
    {
        switch (code)
        {
            case PickleOpcode.Frame:
                // How much a writer has buffered: nothing follows from it.
                Bytes(8);
                break;
            case PickleOpcode.Mark:
                marks.Add(stack.Count);
                break;
            case PickleOpcode.None:
                stack.Add(null);
                break;
            case PickleOpcode.NewTrue:
                stack.Add(True);
                break;
            case PickleOpcode.NewFalse:
                stack.Add(False);
                break;
            case PickleOpcode.BinInt:
                stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)));
                break;
            case PickleOpcode.BinInt1:
                stack.Add((long)Byte());
                break;
            case PickleOpcode.BinInt2:
                stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)));
                break;
            case PickleOpcode.Long1:
                var integer = new BigInteger(Bytes(Byte()));
                stack.Add(integer >= long.MinValue && integer <= long.MaxValue ? (object)(long)integer : integer);
                break;
            case PickleOpcode.BinFloat:
                stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8)));
                break;
            case PickleOpcode.BinUnicode:
            case PickleOpcode.BinString:
                stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))));
                break;
            case PickleOpcode.ShortBinUnicode:
            case PickleOpcode.ShortBinString:
                stack.Add(Text(Byte()));
                break;
            case PickleOpcode.BinUnicode8:
                stack.Add(Text(BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8))));
                break;
            default:
                Combine(code);
                break;
        }
    }

    /// <summary>Opcodes that work with what is on the stack.</summary>
    private void Combine(PickleOpcode code)
    {
        switch (code)
        {
            case PickleOpcode.EmptyList:
                stack.Add(new PickleList());
                break;
            case PickleOpcode.Append:
                var item = Pop();
                Top<PickleList>("list").Items.Add(item);
                break;
            case PickleOpcode.Appends:
                var items = PopMark();
                Top<PickleList>("list").Items.AddRange(items);
                break;
            case PickleOpcode.EmptyTuple:
                stack.Add(new PickleTuple([]));
                break;
            case PickleOpcode.Tuple1:
            case PickleOpcode.Tuple2:
            case PickleOpcode.Tuple3:
                stack.Add(new PickleTuple(Pop(code - PickleOpcode.Tuple1 + 1)));
                break;
            case PickleOpcode.Tuple:
                stack.Add(new PickleTuple(PopMark()));
                break;
            case PickleOpcode.EmptyDict:
                stack.Add(new PickleDict());
                break;
            case PickleOpcode.SetItem:
                AddTo(Pop(2));
                break;
            case PickleOpcode.SetItems:
                AddTo(PopMark());
                break;
            case PickleOpcode.BinPut:
                memo[Byte()] = Top();
                break;
            case PickleOpcode.LongBinPut:
                memo[BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))] = Top();
                break;
            case PickleOpcode.Memoize:
                memo[(uint)memo.Count] = Top();
                break;
            case PickleOpcode.BinGet:
                stack.Add(Recall(Byte()));
                break;
            case PickleOpcode.LongBinGet:
                stack.Add(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))));
                break;
            default:
                Build(code);
                break;
        }
    }

    /// <summary>Opcodes that make objects: those that a state dict needs, of names that it needs.</summary>
    private void Build(PickleOpcode code)
    {
        switch (code)
        {
            case PickleOpcode.Global:
                var module = Line();
                stack.Add(Global(module, Line()));
                break;
            case PickleOpcode.StackGlobal:
                stack.Add(Pop(2) is [string from, string name]
                    ? Global(from, name)
                    : throw new PickleException("expected the names of a global, found others."));
                break;
            case PickleOpcode.Reduce:
                var arguments = Pop() is PickleTuple tuple ? tuple.Items : throw new PickleException("expected a tuple of arguments, found another value.");
                stack.Add(objects.Call(Pop(), arguments));
                break;
            case PickleOpcode.Build:
                // The attributes of an object: of a state dict its _metadata, which says nothing that its names do not.
                Pop();
                Top<PickleDict>("dict to give attributes to");
                break;
            case PickleOpcode.BinPersId:
                stack.Add(Pop() is PickleTuple id
                    ? objects.Persistent(id.Items)
                    : throw new PickleException("expected a tuple as a persistent id, found another value."));
                break;
            default:
                throw new PickleException(
                    Enum.IsDefined(code)
                        ? $"refuses {code} (0x{(byte)code:x2}): no state dict needs it."
                        : $"expected an opcode, found 0x{(byte)code:x2}.");
        }
    }

    private object Global(string module, string name)
    {
        var full = $"{module}.{name}";
        return objects.FindGlobal(full) ?? throw new PickleException(
            $"refuses \"{CheckpointException.Shorten(full, 200)}\": expected a state dict of tensors and plain values, which never needs it. "
            + "Save only the state dict: torch.save(model.state_dict(), file).");
    }

    private void AddTo(ReadOnlySpan<object?> items)
    {
        var dict = Top<PickleDict>("dict");
        if (items.Length % 2 != 0)
        {
            throw new PickleException("expected a value for each key, found none for the last.");
        }

        for (var i = 0; i < items.Length; i += 2)
        {
            dict.Add(items[i], items[i + 1]);
        }
    }

    private object? Recall(uint index) =>
        memo.TryGetValue(index, out var value) ? value : throw new PickleException($"expected a value in memo {index}, found none.");

    /// <summary>Values above the last mark.</summary>
    private int Above => stack.Count - (marks.Count > 0 ? marks[^1] : 0);

    private object? Top() => Above > 0 ? stack[^1] : throw new PickleException("expected a value on the stack, found none.");

    private T Top<T>(string what)
        where T : class => Top() as T ?? throw new PickleException($"expected a {what} on the stack, found another value.");

    private object? Pop() => Pop(1)[0];

    private object?[] Pop(int count)
    {
        if (Above < count)
        {
            throw new PickleException($"expected {count} values on the stack, found {Above}.");
        }

        var items = stack.GetRange(stack.Count - count, count).ToArray();
        stack.RemoveRange(stack.Count - count, count);
        return items;
    }

    /// <summary>All values above the last mark, and the mark.</summary>
    private object?[] PopMark()
    {
        if (marks.Count == 0)
        {
            throw new PickleException("expected a mark on the stack, found none.");
        }

        var items = Pop(Above);
        marks.RemoveAt(marks.Count - 1);
        return items;
    }

    private string Line()
    {
        var line = new List<byte>();
        while (Byte() is var value && value != (byte)'\n')
        {
            line.Add(value);
            if (line.Count > MaxGlobal)
            {
                throw new PickleException($"expected the name of a global of at most {MaxGlobal} bytes, found a longer one.");
            }
        }

        return Decode([.. line]);
    }

    private string Text(ulong length)
    {
        if (length > (ulong)(limit - Position))
        {
            throw new PickleException($"expected a text of {length} bytes, found {limit - Position}: the pickle is cut off.");
        }

        return Decode(Bytes((int)length));
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new PickleException("expected text in UTF-8, found others, or half of a surrogate pair.");
        }
    }

    private byte Byte()
    {
        if (at == windowCount)
        {
            Fill(1);
        }

        return window[at++];
    }

    private ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > windowCount - at)
        {
            if (count > WindowLength)
            {
                return LongBytes(count);
            }

            Fill(count);
        }

        at += count;
        return window.AsSpan(at - count, count);
    }

    private byte[] LongBytes(int count)
    {
        CheckLeft(count);
        var bytes = new byte[count];
        content.Read(Position, bytes, part);
        (windowStart, windowCount, at) = (Position + count, 0, 0);
        return bytes;
    }

    /// <summary>Moves the window so that it has at least so many bytes from here on.</summary>
    private void Fill(int count)
    {
        CheckLeft(count);
        windowStart = Position;
        windowCount = (int)Math.Min(WindowLength, limit - windowStart);
        at = 0;
        content.Read(windowStart, window.AsSpan(0, windowCount), part);
    }

    private void CheckLeft(int count)
    {
        if (limit - Position < count)
        {
            throw new PickleException(
                limit < end ? $"expected a pickle of at most {MaxLength} bytes, found a longer one: it is no model's." : "the pickle is cut off.");
        }
    }
}
