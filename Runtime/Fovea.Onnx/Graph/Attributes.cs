using Fovea.Onnx.Format;
using Google.Protobuf;
using AttributeType = Fovea.Onnx.Format.AttributeProto.Types.AttributeType;

namespace Fovea.Onnx.Graph;

/// <summary>Attributes of nodes.</summary>
internal static class Attributes
{
    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    public static AttributeProto Float(string name, float value) => new() { Name = name, Type = AttributeType.Float, F = value };

    public static AttributeProto Text(string name, string value) =>
        new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    public static AttributeProto Ints(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    /// <summary>The element type that a cast makes.</summary>
    public static AttributeProto To(TensorProto.Types.DataType type) => Int("to", (int)type);
}
