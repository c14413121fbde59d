using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fovea.Checkpoints;

/// <summary>Writes the part of Python's pickle, protocol 2, that a state dict needs: names of globals, texts, numbers, tuples, calls.</summary>
/// <remarks>Source: CPython's Lib/pickletools.py, which says what each opcode does.</remarks>
internal sealed class PickleWriter
{
    private readonly ArrayBufferWriter<byte> content = new();
    private readonly Dictionary<string, byte> memo = new(StringComparer.Ordinal);

    /// <summary>PROTO 2.</summary>
    public PickleWriter() => Op(0x80, 2);

    /// <summary>Pushes a class or a function; a second time by its place in the memo.</summary>
    public void Global(string module, string name)
    {
        var key = $"{module}\n{name}\n";
        if (memo.TryGetValue(key, out var place))
        {
            Op('h', place);
            return;
        }

        Op('c');
        content.Write(Encoding.ASCII.GetBytes(key));
        memo.Add(key, (byte)memo.Count);
        Op('q', memo[key]);
    }

    /// <summary>Pushes a text.</summary>
    public void Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        Op('X');
        Number(bytes.Length);
        content.Write(bytes);
    }

    /// <summary>Pushes a number.</summary>
    public void Integer(int value)
    {
        Op('J');
        Number(value);
    }

    /// <summary>Pushes False.</summary>
    public void False() => Op(0x89);

    /// <summary>Begins a tuple, or the items of a dictionary.</summary>
    public void Mark() => Op('(');

    /// <summary>Makes a tuple of what follows the mark.</summary>
    public void Tuple() => Op('t');

    /// <summary>Pushes a tuple of numbers.</summary>
    public void Tuple(IEnumerable<int> values)
    {
        Mark();
        foreach (var value in values)
        {
            Integer(value);
        }

        Tuple();
    }

    /// <summary>Calls what lies below the tuple on top, with the tuple as its arguments.</summary>
    public void Call() => Op('R');

    /// <summary>Has whoever reads find what the tuple on top names.</summary>
    public void Persistent() => Op('Q');

    /// <summary>Puts keys and values that follow the mark into the dictionary below.</summary>
    public void SetItems() => Op('u');

    /// <summary>Ends, with what lies on top as the result.</summary>
    public byte[] Finish()
    {
        Op('.');
        return content.WrittenSpan.ToArray();
    }

    private void Op(params ReadOnlySpan<int> bytes)
    {
        foreach (var value in bytes)
        {
            content.Write([(byte)value]);
        }
    }

    private void Number(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        content.Write(bytes);
    }
}
