namespace Fovea.Checkpoints.Onnx;

/// <summary>
/// The messages of onnx.proto that a network of convolutions has: ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto. What else
/// a file has is passed over.
/// </summary>
/// <remarks>Source: onnx/onnx.proto (field numbers), version 1.19. A message that comes twice is one: so says the encoding.</remarks>
internal sealed class OnnxParser(FileContent content)
{
    private const int External = 1;
    private const int MaxRank = SafetensorsHeader.MaxRank;

    /// <summary>Numbers of an attribute: of pads there are eight.</summary>
    private const int MaxIntegers = 4096;

    private readonly ProtoReader reader = new(content);

    /// <summary>Nodes, in the file's order.</summary>
    public List<OnnxNode> Nodes { get; } = [];

    /// <summary>Constants, by name.</summary>
    public Dictionary<string, StateTensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>Constants of types that no network's weights have: ONNX's number of the type, by name.</summary>
    public Dictionary<string, long> Others { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of what goes in, initialisers among them in old files.</summary>
    public List<string> Inputs { get; } = [];

    /// <exception cref="CheckpointException">It is no ONNX model, or damaged.</exception>
    public void Read()
    {
        foreach (var field in reader.Fields(new ProtoRange(0, content.Length()), "model"))
        {
            if (field.Number == 7)
            {
                ReadGraph(reader.Require(field, ProtoWire.Bytes, "model.graph").Content);
            }
        }

        if (Nodes.Count == 0)
        {
            throw new CheckpointException(content.Name, "expected an ONNX model, found one without nodes: it is damaged, or of another kind.");
        }
    }

    /// <summary>A tensor's elements, from the message that has them.</summary>
    public void ReadElements(OnnxTensor tensor, Span<byte> destination)
    {
        var size = Elements.SizeOf(tensor.Type);
        foreach (var field in reader.Fields(tensor.Message, tensor.Name).Where(f => f.Number == tensor.Field))
        {
            if (IsVarint(field.Number))
            {
                foreach (var number in reader.Integers(field, tensor.Name))
                {
                    for (var i = 0; i < size; i++)
                    {
                        destination[i] = (byte)(number >> (8 * i));
                    }

                    destination = destination[size..];
                }
            }
            else if (field.Wire == ProtoWire.Bytes)
            {
                var length = (int)field.Content.Length;
                content.Read(field.Content.Start, destination[..length], tensor.Name);
                destination = destination[length..];
            }
            else
            {
                for (var i = 0; i < size; i++)
                {
                    destination[i] = (byte)(field.Value >> (8 * i));
                }

                destination = destination[size..];
            }
        }
    }

    private static bool IsVarint(int field) => field is TensorFields.Int32 or TensorFields.Int64;

    private void ReadGraph(ProtoRange graph)
    {
        foreach (var field in reader.Fields(graph, "graph"))
        {
            switch (field.Number)
            {
                case 1:
                    Nodes.Add(ReadNode(reader.Require(field, ProtoWire.Bytes, "graph.node").Content));
                    break;
                case 5:
                    AddInitializer(reader.Require(field, ProtoWire.Bytes, "graph.initializer").Content);
                    break;
                case 11:
                    Inputs.Add(ReadName(reader.Require(field, ProtoWire.Bytes, "graph.input").Content));
                    break;
            }
        }
    }

    /// <summary>Of a ValueInfoProto.</summary>
    private string ReadName(ProtoRange value)
    {
        var name = "";
        foreach (var field in reader.Fields(value, "graph.input"))
        {
            name = field.Number == 1 ? reader.Text(field, "graph.input.name") : name;
        }

        return name;
    }

    private void AddInitializer(ProtoRange message)
    {
        var name = "";
        foreach (var field in reader.Fields(message, "graph.initializer"))
        {
            name = field.Number == TensorFields.Name ? reader.Text(field, "graph.initializer.name") : name;
        }

        var tensor = ReadTensor(message, name, out var type);
        if (!(tensor is null ? Others.TryAdd(name, type) : Tensors.TryAdd(name, tensor)))
        {
            throw new CheckpointException(content.Name, $"graph.initializer: expected each name once, found \"{CheckpointException.Shorten(name)}\" twice.");
        }
    }

    private OnnxNode ReadNode(ProtoRange message)
    {
        var (name, op, domain) = ("", "", "");
        var (inputs, outputs) = (new List<string>(), new List<string>());
        var attributes = new List<ProtoRange>();
        foreach (var field in reader.Fields(message, "graph.node"))
        {
            switch (field.Number)
            {
                case 1:
                    inputs.Add(reader.Text(field, "graph.node.input"));
                    break;
                case 2:
                    outputs.Add(reader.Text(field, "graph.node.output"));
                    break;
                case 3:
                    name = reader.Text(field, "graph.node.name");
                    break;
                case 4:
                    op = reader.Text(field, "graph.node.op_type");
                    break;
                case 5:
                    reader.Take(0);
                    attributes.Add(reader.Require(field, ProtoWire.Bytes, "graph.node.attribute").Content);
                    break;
                case 7:
                    domain = reader.Text(field, "graph.node.domain");
                    break;
            }
        }

        reader.Take(0);
        name = name.Length > 0 ? name : outputs.FirstOrDefault() ?? "";
        op = domain is "" or "ai.onnx" ? op : $"{domain}.{op}";
        return new OnnxNode(name, op, [.. inputs], [.. outputs], ReadAttributes(attributes, outputs.FirstOrDefault() ?? ""));
    }

    private Dictionary<string, OnnxAttribute> ReadAttributes(List<ProtoRange> messages, string output)
    {
        var attributes = new Dictionary<string, OnnxAttribute>(messages.Count, StringComparer.Ordinal);
        foreach (var message in messages)
        {
            var (name, attribute) = ReadAttribute(message, output);
            attributes[name] = attribute;
        }

        return attributes;
    }

    private (string Name, OnnxAttribute Attribute) ReadAttribute(ProtoRange message, string output)
    {
        const string What = "graph.node.attribute";
        var (name, text, integer, single) = ("", "", 0L, 0f);
        var integers = new List<long>();
        OnnxTensor? tensor = null;
        foreach (var field in reader.Fields(message, What))
        {
            switch (field.Number)
            {
                case 1:
                    name = reader.Text(field, What + ".name");
                    break;
                case 2:
                    single = reader.Require(field, ProtoWire.Fixed32, What + ".f").Single;
                    break;
                case 3:
                    integer = reader.Require(field, ProtoWire.Varint, What + ".i").Integer;
                    break;
                case 4 when field.Wire == ProtoWire.Bytes && field.Content.Length <= ProtoReader.MaxString && IsText(name):
                    text = reader.Text(field, What + ".s");
                    break;
                case 5:
                    tensor = ReadTensor(reader.Require(field, ProtoWire.Bytes, What + ".t").Content, output, out _);
                    break;
                case 8:
                    Add(integers, field, What + ".ints");
                    break;
            }
        }

        return (name, new OnnxAttribute(integer, single, text, [.. integers], tensor));
    }

    /// <summary>Of the text attributes only this one is read: others may hold any bytes.</summary>
    private static bool IsText(string name) => name is "auto_pad" or "mode";

    private void Add(List<long> integers, ProtoField field, string what)
    {
        foreach (var number in reader.Integers(field, what))
        {
            if (integers.Count == MaxIntegers)
            {
                throw new CheckpointException(content.Name, $"{what}: expected at most {MaxIntegers} numbers, found more.");
            }

            integers.Add(number);
            reader.Take(sizeof(long));
        }
    }

    /// <returns>Null for a type that no weights have.</returns>
    private OnnxTensor? ReadTensor(ProtoRange message, string name, out long dataType)
    {
        var dimensions = new List<int>();
        var external = new List<ProtoRange>();
        var place = 0L;
        dataType = 0;
        foreach (var field in reader.Fields(message, name))
        {
            switch (field.Number)
            {
                case TensorFields.Dims:
                    AddDimensions(dimensions, field, name);
                    break;
                case TensorFields.DataType:
                    dataType = reader.Require(field, ProtoWire.Varint, name + ".data_type").Integer;
                    break;
                case TensorFields.ExternalData:
                    reader.Take(0);
                    external.Add(reader.Require(field, ProtoWire.Bytes, name + ".external_data").Content);
                    break;
                case TensorFields.DataLocation:
                    place = reader.Require(field, ProtoWire.Varint, name + ".data_location").Integer;
                    break;
            }
        }

        reader.Take(0);
        if (TensorFields.TypeOf(dataType) is not { } type)
        {
            return null;
        }

        int[] shape = [.. dimensions];
        var length = LengthOf(shape, type, name);
        return place == External
            ? new OnnxTensor(name, type, shape, message, 0) { External = ReadExternal(external, length * Elements.SizeOf(type), name) }
            : new OnnxTensor(name, type, shape, message, FindElements(message, type, length, name));
    }

    private void AddDimensions(List<int> dimensions, ProtoField field, string name)
    {
        foreach (var d in reader.Integers(field, name + ".dims"))
        {
            if (d is < 0 or > int.MaxValue || dimensions.Count == MaxRank)
            {
                throw new CheckpointException(
                    content.Name,
                    FormattableString.Invariant($"{CheckpointException.Shorten(name)}.dims: expected at most {MaxRank} of 0 … {int.MaxValue}, found {d} as number {dimensions.Count + 1}."));
            }

            dimensions.Add((int)d);
        }
    }

    private long LengthOf(int[] shape, ElementType type, string name)
    {
        var bytes = (UInt128)(uint)Elements.SizeOf(type);
        foreach (var d in shape)
        {
            bytes *= (uint)d;
            if (bytes > long.MaxValue)
            {
                throw new CheckpointException(
                    content.Name, $"{CheckpointException.Shorten(name)}: a {type} tensor of shape {StateTensor.Text(shape)} takes more bytes than there can be.");
            }
        }

        return (long)bytes / Elements.SizeOf(type);
    }

    /// <summary>The one field that has the elements; exactly as many as the shape says.</summary>
    private int FindElements(ProtoRange message, ElementType type, long length, string name)
    {
        var (own, elements, place) = (TensorFields.ElementsOf(type), 0L, 0);
        foreach (var field in reader.Fields(message, name))
        {
            if (field.Number != TensorFields.Raw && field.Number != own)
            {
                continue;
            }

            if (place != 0 && (place != field.Number || place == TensorFields.Raw))
            {
                throw new CheckpointException(content.Name, $"{CheckpointException.Shorten(name)}: expected its elements once, found them in two fields.");
            }

            place = field.Number;
            elements += CountElements(field, type, length - elements, name);
        }

        return elements == length
            ? place
            : throw new CheckpointException(
                content.Name, FormattableString.Invariant($"{CheckpointException.Shorten(name)}: expected {length} elements of {type}, found {elements}: it is cut off or damaged."));
    }

    private long CountElements(ProtoField field, ElementType type, long left, string name)
    {
        if (IsVarint(field.Number))
        {
            // No more than are wanted: one too many tells.
            return reader.Integers(field, name).Take((int)Math.Min(left + 1, int.MaxValue)).LongCount();
        }

        var size = Elements.SizeOf(type);
        if (field.Wire != ProtoWire.Bytes)
        {
            reader.Require(field, size == 4 ? ProtoWire.Fixed32 : ProtoWire.Fixed64, name);
            return 1;
        }

        return field.Content.Length % size == 0
            ? field.Content.Length / size
            : throw new CheckpointException(
                content.Name, FormattableString.Invariant($"{CheckpointException.Shorten(name)}: expected {type} elements of {size} bytes, found {field.Content.Length} bytes."));
    }

    private ExternalData ReadExternal(List<ProtoRange> entries, long bytes, string name)
    {
        var (location, offset, length) = ("", 0L, bytes);
        foreach (var entry in entries)
        {
            var (key, value) = ("", "");
            foreach (var field in reader.Fields(entry, name + ".external_data"))
            {
                key = field.Number == 1 ? reader.Text(field, name + ".external_data.key") : key;
                value = field.Number == 2 ? reader.Text(field, name + ".external_data.value") : value;
            }

            switch (key)
            {
                case "location":
                    location = value;
                    break;
                case "offset":
                    offset = Number(value, name + ".external_data.offset");
                    break;
                case "length":
                    length = Number(value, name + ".external_data.length");
                    break;
            }
        }

        return length == bytes
            ? new ExternalData(location, offset)
            : throw new CheckpointException(
                content.Name, FormattableString.Invariant($"{CheckpointException.Shorten(name)}.external_data.length: expected {bytes} for its shape, found {length}."));
    }

    private long Number(string text, string what) =>
        long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new CheckpointException(content.Name, $"{CheckpointException.Shorten(what, 200)}: expected a number of 0 or more, found \"{CheckpointException.Shorten(text)}\".");

    /// <summary>Fields and types of TensorProto.</summary>
    private static class TensorFields
    {
        public const int Dims = 1;
        public const int DataType = 2;
        public const int Float = 4;
        public const int Int32 = 5;
        public const int Int64 = 7;
        public const int Name = 8;
        public const int Raw = 9;
        public const int Double = 10;
        public const int ExternalData = 13;
        public const int DataLocation = 14;

        /// <summary>Null for types that no weights have: strings, complex numbers, small integers.</summary>
        public static ElementType? TypeOf(long dataType) => dataType switch
        {
            1 => ElementType.F32,
            6 => ElementType.I32,
            7 => ElementType.I64,
            10 => ElementType.F16,
            11 => ElementType.F64,
            16 => ElementType.BF16,
            _ => null,
        };

        /// <summary>The field of elements that are not raw; narrow floats are bits in integers.</summary>
        public static int ElementsOf(ElementType type) => type switch
        {
            ElementType.F32 => Float,
            ElementType.F64 => Double,
            ElementType.I64 => Int64,
            _ => Int32,
        };
    }
}
