namespace Fovea.Checkpoints.Onnx;

/// <summary>A constant of an ONNX model.</summary>
/// <param name="Name">As the file has it; of a node's attribute the name of the node's output.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Message">The TensorProto.</param>
/// <param name="Field">The field of it that has the elements; 0: none has.</param>
internal sealed record OnnxTensor(string Name, ElementType Type, int[] Shape, ProtoRange Message, int Field) : StateTensor(Name, Type, Shape)
{
    /// <summary>Where the elements are if they are in a file beside it.</summary>
    public ExternalData? External { get; init; }
}

/// <summary>Elements in a file beside a model.</summary>
/// <param name="Location">The file's name.</param>
/// <param name="Offset">First byte.</param>
internal sealed record ExternalData(string Location, long Offset);
