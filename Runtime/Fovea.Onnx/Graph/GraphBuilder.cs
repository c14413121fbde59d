using System.Globalization;
using System.Runtime.InteropServices;
using Fovea.Onnx.Format;
using Google.Protobuf;

namespace Fovea.Onnx.Graph;

/// <summary>An ONNX graph that grows node by node. A value is its name; a node is called as the value that it makes.</summary>
internal sealed class GraphBuilder
{
    private readonly GraphProto graph;
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    /// <param name="name">The graph's.</param>
    public GraphBuilder(string name) => graph = new GraphProto { Name = name };

    /// <summary>What has been built.</summary>
    public GraphProto Graph => graph;

    /// <summary>Adds a node with one output.</summary>
    /// <param name="op">The operator, as ONNX calls it.</param>
    /// <param name="name">Of the value, once in a graph.</param>
    /// <param name="inputs">Values; empty: an optional one that is not given.</param>
    /// <param name="attributes">Of the operator.</param>
    /// <returns>The name.</returns>
    public string Add(string op, string name, string[] inputs, params AttributeProto[] attributes) =>
        Add(op, [name], inputs, attributes)[0];

    /// <summary>Adds a node with several outputs.</summary>
    public string[] Add(string op, string[] outputs, string[] inputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = outputs[0] };
        foreach (var output in outputs)
        {
            Claim(output);
        }

        node.Output.AddRange(outputs);
        node.Input.AddRange(inputs);
        node.Attribute.AddRange(attributes);
        graph.Node.Add(node);
        return outputs;
    }

    /// <summary>Adds weights.</summary>
    /// <param name="name">Once in a graph.</param>
    /// <param name="shape">Empty for a scalar.</param>
    /// <param name="values">As many as the shape says.</param>
    public string Weights(string name, int[] shape, float[] values)
    {
        Claim(name);
        return Initializer(name, TensorProto.Types.DataType.Float, shape, MemoryMarshal.AsBytes(values.AsSpan()));
    }

    /// <summary>A constant vector of whole numbers; equal ones are one.</summary>
    public string Integers(params long[] values) => Constant(
        FormattableString.Invariant($"[{string.Join(',', values)}]"), TensorProto.Types.DataType.Int64, [values.Length], values);

    /// <summary>A constant whole number.</summary>
    public string Integer(long value) =>
        Constant(value.ToString(CultureInfo.InvariantCulture), TensorProto.Types.DataType.Int64, [], [value]);

    /// <summary>A constant float.</summary>
    public string Single(float value) =>
        Constant(value.ToString("R", CultureInfo.InvariantCulture) + "f", TensorProto.Types.DataType.Float, [], [value]);

    /// <summary>A constant vector of floats.</summary>
    public string Singles(params float[] values) => Constant(
        $"[{string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}]f", TensorProto.Types.DataType.Float,
        [values.Length], values);

    /// <summary>A constant double.</summary>
    public string Double(double value) =>
        Constant(value.ToString("R", CultureInfo.InvariantCulture) + "d", TensorProto.Types.DataType.Double, [], [value]);

    /// <summary>A constant vector of doubles.</summary>
    public string Doubles(params double[] values) => Constant(
        $"[{string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}]d", TensorProto.Types.DataType.Double,
        [values.Length], values);

    /// <summary>Declares what the graph is given.</summary>
    /// <param name="name">Of the value.</param>
    /// <param name="type">Of its elements.</param>
    /// <param name="shape">Numbers, or names of dimensions that may vary.</param>
    /// <param name="doc">What it is.</param>
    public string Input(string name, TensorProto.Types.DataType type, object[] shape, string doc)
    {
        Claim(name);
        graph.Input.Add(Info(name, type, shape, doc));
        return name;
    }

    /// <summary>Declares what the graph gives: a value that a node makes.</summary>
    public void Output(string name, TensorProto.Types.DataType type, object[] shape, string doc) =>
        graph.Output.Add(Info(name, type, shape, doc));

    private static ValueInfoProto Info(string name, TensorProto.Types.DataType type, object[] shape, string doc)
    {
        var dimensions = new TensorShapeProto();
        dimensions.Dim.AddRange(shape.Select(d => d is string symbol
            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
            : new TensorShapeProto.Types.Dimension { DimValue = (int)d }));
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor }, DocString = doc };
    }

    private string Constant<T>(string text, TensorProto.Types.DataType type, int[] shape, T[] values)
        where T : unmanaged
    {
        // No node is called so: their names begin with a letter.
        var name = $"={text}";
        return names.Add(name) ? Initializer(name, type, shape, MemoryMarshal.AsBytes(values.AsSpan())) : name;
    }

    private string Initializer(string name, TensorProto.Types.DataType type, int[] shape, ReadOnlySpan<byte> raw)
    {
        // The format is little-endian.
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("ONNX files are written on little-endian machines.");
        }

        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = UnsafeByteOperations.UnsafeWrap(raw.ToArray()) };
        tensor.Dims.AddRange(shape.Select(d => (long)d));
        graph.Initializer.Add(tensor);
        return name;
    }

    private void Claim(string name)
    {
        if (!names.Add(name))
        {
            throw new InvalidOperationException($"Two values of the graph are called {name}.");
        }
    }
}
