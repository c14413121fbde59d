using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Fovea.TestSupport;

/// <summary>A global, as <c>torch.Size</c>.</summary>
internal sealed record PyGlobal(string Module, string Name);

/// <summary>A dict in order; keys and values as they come.</summary>
internal sealed class PyDict : List<(object? Key, object? Value)>
{
    /// <summary>Whether it is a <c>collections.OrderedDict</c> with attributes, as a state dict is.</summary>
    public bool IsOrdered { get; init; }

    public void Add(object? key, object? value) => Add((key, value));
}

/// <summary>A global called with arguments.</summary>
internal sealed record PyCall(PyGlobal Function, params object?[] Arguments);

/// <summary>What lies outside the pickle.</summary>
internal sealed record PyPersistent(params object?[] Id);

/// <summary>
/// Writes pickles as Python's pickler does, of protocols 2 to 5: tuples are <c>object[]</c>, lists <c>List&lt;object?&gt;</c>. Strings and
/// globals that occur again are recalled from the memo.
/// </summary>
internal sealed class PickleWriter(int protocol = 2)
{
    private readonly List<byte> bytes = [];
    private readonly Dictionary<object, int> memo = [];

    /// <summary>The pickle of one value.</summary>
    public static byte[] Of(object? value, int protocol = 2)
    {
        var writer = new PickleWriter(protocol);
        writer.Value(value);
        return writer.Finish();
    }

    private byte[] Finish()
    {
        bytes.Add((byte)'.');
        var body = bytes.ToArray();
        if (protocol < 4)
        {
            return [0x80, (byte)protocol, .. body];
        }

        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, body.Length);
        return [0x80, (byte)protocol, 0x95, .. length, .. body];
    }

    private void Value(object? value)
    {
        switch (value)
        {
            case null:
                Op('N');
                break;
            case bool flag:
                bytes.Add(flag ? (byte)0x88 : (byte)0x89);
                break;
            case int number:
                Integer(number);
                break;
            case long number:
                Integer(number);
                break;
            case BigInteger number:
                Long(number);
                break;
            case double number:
                Op('G');
                var big = new byte[8];
                BinaryPrimitives.WriteDoubleBigEndian(big, number);
                bytes.AddRange(big);
                break;
            case string text:
                Remembered(text, () => Text(text));
                break;
            case PyGlobal global:
                Remembered(global, () => Global(global));
                break;
            default:
                Compound(value);
                break;
        }
    }

    private void Compound(object value)
    {
        switch (value)
        {
            case object?[] tuple:
                Tuple(tuple);
                break;
            case List<object?> list:
                Op(']');
                Op('(');
                list.ForEach(Value);
                Op('e');
                break;
            case PyDict { IsOrdered: true } dict:
                Value(new PyGlobal("collections", "OrderedDict"));
                Op(')');
                Op('R');
                Items(dict);
                Value(new PyDict { { "_metadata", new PyDict { { "", new PyDict { { "version", 1 } } } } } });
                Op('b');
                break;
            case PyDict dict:
                Op('}');
                Items(dict);
                break;
            case PyCall call:
                Value(call.Function);
                Tuple(call.Arguments);
                Op('R');
                break;
            case PyPersistent persistent:
                Tuple(persistent.Id);
                Op('Q');
                break;
            default:
                throw new ArgumentException($"No pickle of {value.GetType()}.", nameof(value));
        }
    }

    private void Tuple(object?[] items)
    {
        if (items.Length is > 0 and <= 3)
        {
            Array.ForEach(items, Value);
            bytes.Add((byte)(0x84 + items.Length));
            return;
        }

        if (items.Length == 0)
        {
            Op(')');
            return;
        }

        Op('(');
        Array.ForEach(items, Value);
        Op('t');
    }

    private void Items(PyDict dict)
    {
        if (dict is [var only])
        {
            Value(only.Key);
            Value(only.Value);
            Op('s');
            return;
        }

        Op('(');
        foreach (var (key, value) in dict)
        {
            Value(key);
            Value(value);
        }

        Op('u');
    }

    private void Remembered(object value, Action write)
    {
        if (memo.TryGetValue(value, out var index))
        {
            Op('j');
            Number(index);
            return;
        }

        write();
        memo.Add(value, memo.Count);
        if (protocol >= 4)
        {
            bytes.Add(0x94);
        }
        else if (memo.Count <= 256)
        {
            Op('q');
            bytes.Add((byte)(memo.Count - 1));
        }
        else
        {
            Op('r');
            Number(memo.Count - 1);
        }
    }

    private void Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        if (protocol >= 4 && utf8.Length < 256)
        {
            bytes.Add(0x8c);
            bytes.Add((byte)utf8.Length);
        }
        else
        {
            Op('X');
            Number(utf8.Length);
        }

        bytes.AddRange(utf8);
    }

    private void Global(PyGlobal global)
    {
        if (protocol >= 4)
        {
            Value(global.Module);
            Value(global.Name);
            bytes.Add(0x93);
            return;
        }

        Op('c');
        bytes.AddRange(Encoding.UTF8.GetBytes($"{global.Module}\n{global.Name}\n"));
    }

    private void Integer(long number)
    {
        switch (number)
        {
            case >= 0 and < 256:
                Op('K');
                bytes.Add((byte)number);
                break;
            case >= 0 and < 65536:
                Op('M');
                bytes.Add((byte)number);
                bytes.Add((byte)(number >> 8));
                break;
            case >= int.MinValue and <= int.MaxValue:
                Op('J');
                Number((int)number);
                break;
            default:
                Long(number);
                break;
        }
    }

    private void Long(BigInteger number)
    {
        var content = number.ToByteArray();
        bytes.Add(0x8a);
        bytes.Add((byte)content.Length);
        bytes.AddRange(content);
    }

    private void Number(int number)
    {
        var little = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(little, number);
        bytes.AddRange(little);
    }

    private void Op(char code) => bytes.Add((byte)code);
}
