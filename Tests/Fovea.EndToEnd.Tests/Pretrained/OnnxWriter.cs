using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Fovea.EndToEnd.Pretrained;

/// <summary>How a tensor's elements stand in a file.</summary>
public enum TensorForm
{
    /// <summary>FLOAT as bytes.</summary>
    Raw,

    /// <summary>FLOAT as packed numbers.</summary>
    Packed,

    /// <summary>FLOAT as one field for each number.</summary>
    Unpacked,

    /// <summary>DOUBLE as packed numbers.</summary>
    Doubles,

    /// <summary>FLOAT16 as bytes.</summary>
    Half,

    /// <summary>FLOAT16 as integers that hold its bits.</summary>
    HalfIntegers,

    /// <summary>BFLOAT16 as bytes.</summary>
    BFloat16,
}

/// <summary>Writes ONNX models field by field (onnx.proto): what a test says, right or wrong, and nothing else.</summary>
internal sealed class OnnxWriter
{
    private readonly List<byte> graph = [];
    private int tensors;

    /// <summary>Elements that lie in a file beside the model.</summary>
    public MemoryStream Beside { get; } = new();

    /// <summary>Where tensors lie that are written from now on; null: in the model.</summary>
    public string? Location { get; set; }

    public TensorForm Form { get; set; }

    /// <summary>A message of fields.</summary>
    public static byte[] Message(params (int Number, object Value)[] fields)
    {
        var bytes = new List<byte>();
        foreach (var (number, value) in fields)
        {
            Field(bytes, number, value);
        }

        return [.. bytes];
    }

    /// <summary>An attribute: an integer, a number, a text or a list of integers.</summary>
    public static byte[] Attribute(string name, object value) => value switch
    {
        long i => Message((1, name), (3, i), (20, 2L)),
        float f => Message((1, name), (2, f), (20, 1L)),
        string s => Message((1, name), (4, s), (20, 3L)),
        long[] list => Message([(1, name), .. list.Select(i => (8, (object)i)), (20, 7L)]),
        byte[] tensor => Message((1, name), (5, tensor), (20, 4L)),
        _ => throw new ArgumentException("no attribute of that type", nameof(value)),
    };

    /// <summary>An input or output of floats; dimensions that are null are free.</summary>
    public static byte[] Value(string name, params int?[] shape)
    {
        var dims = shape.Select(d => (1, (object)Message(d is { } n ? (1, (long)n) : (2, "n")))).ToArray();
        return Message((1, name), (2, Message((1, Message((1, 1L), (2, Message(dims)))))));
    }

    public void Input(string name, params int?[] shape) => Field(graph, 11, Value(name, shape));

    public void Output(string name) => Field(graph, 12, Value(name, null, null, null, null));

    public string Node(string op, string[] inputs, params (string Name, object Value)[] attributes)
    {
        var output = string.Create(CultureInfo.InvariantCulture, $"v{graph.Count:x}");
        Node(op, inputs, [output], attributes);
        return output;
    }

    public void Node(string op, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes) => Field(
        graph, 1,
        Message(
        [
            .. inputs.Select(i => (1, (object)i)), .. outputs.Select(o => (2, (object)o)), (4, op),
            .. attributes.Select(a => (5, (object)Attribute(a.Name, a.Value))),
        ]));

    /// <summary>An initialiser; gives its name, which says nothing.</summary>
    public string Tensor(int[] shape, float[] values)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"t{tensors++}");
        Field(graph, 5, TensorMessage(name, shape, values));
        return name;
    }

    /// <summary>An initialiser of integers.</summary>
    public string Integers(params long[] values)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"t{tensors++}");
        Field(graph, 5, Message([(1, (long)values.Length), (2, 7L), .. values.Select(v => (7, (object)v)), (8, name)]));
        return name;
    }

    public byte[] TensorMessage(string name, int[] shape, float[] values)
    {
        var dims = shape.Select(d => (1, (object)(long)d)).ToArray();
        if (Location is { } location)
        {
            var offset = Beside.Length;
            Beside.Write(Raw(values, TensorForm.Raw));
            return Message(
            [
                .. dims, (2, 1L), (8, name), (13, Message((1, "location"), (2, location))),
                (13, Message((1, "offset"), (2, offset.ToString(CultureInfo.InvariantCulture)))), (14, 1L),
            ]);
        }

        var type = Form switch { TensorForm.Doubles => 11L, TensorForm.Half or TensorForm.HalfIntegers => 10, TensorForm.BFloat16 => 16, _ => 1 };
        (int, object)[] elements = Form switch
        {
            TensorForm.Packed => [(4, Raw(values, TensorForm.Raw))],
            TensorForm.Unpacked => [.. values.Select(v => (4, (object)v))],
            TensorForm.Doubles => [(10, Raw(values, TensorForm.Doubles))],
            TensorForm.HalfIntegers => [.. values.Select(v => (5, (object)(long)BitConverter.HalfToUInt16Bits((Half)v)))],
            _ => [(9, Raw(values, Form))],
        };
        return Message([.. dims, (2, type), .. elements, (8, name)]);
    }

    /// <summary>The model, as writers write it: opset 13 and the graph.</summary>
    public byte[] ToArray() => Message((1, 8L), (2, "Fovea's tests"), (7, graph.ToArray()), (8, Message((1, ""), (2, 13L))));

    private static byte[] Raw(float[] values, TensorForm form)
    {
        var bytes = new List<byte>();
        Span<byte> element = stackalloc byte[8];
        foreach (var value in values)
        {
            var size = 4;
            switch (form)
            {
                case TensorForm.Doubles:
                    BinaryPrimitives.WriteDoubleLittleEndian(element, value);
                    size = 8;
                    break;
                case TensorForm.Half:
                    BinaryPrimitives.WriteHalfLittleEndian(element, (Half)value);
                    size = 2;
                    break;
                case TensorForm.BFloat16:
                    BinaryPrimitives.WriteUInt16LittleEndian(element, (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                    size = 2;
                    break;
                default:
                    BinaryPrimitives.WriteSingleLittleEndian(element, value);
                    break;
            }

            bytes.AddRange(element[..size]);
        }

        return [.. bytes];
    }

    private static void Field(List<byte> bytes, int number, object value)
    {
        switch (value)
        {
            case long i:
                Varint(bytes, (ulong)number << 3);
                Varint(bytes, (ulong)i);
                break;
            case float f:
                Varint(bytes, ((ulong)number << 3) | 5);
                bytes.AddRange(BitConverter.GetBytes(f));
                break;
            case string or byte[]:
                var content = value as byte[] ?? Encoding.UTF8.GetBytes((string)value);
                Varint(bytes, ((ulong)number << 3) | 2);
                Varint(bytes, (ulong)content.Length);
                bytes.AddRange(content);
                break;
        }
    }

    private static void Varint(List<byte> bytes, ulong value)
    {
        while (value >= 128)
        {
            bytes.Add((byte)(value | 128));
            value >>= 7;
        }

        bytes.Add((byte)value);
    }
}
