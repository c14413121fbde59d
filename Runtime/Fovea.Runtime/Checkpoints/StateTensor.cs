namespace Fovea.Checkpoints;

/// <summary>A tensor of a state dict.</summary>
/// <param name="Name">Its key in the file.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Empty for a scalar.</param>
internal record StateTensor(string Name, ElementType Type, int[] Shape)
{
    /// <summary>Elements.</summary>
    public long Length => Shape.Aggregate(1L, (product, d) => checked(product * d));

    /// <summary>Bytes of all elements, one after the other.</summary>
    public long Bytes => checked(Length * Elements.SizeOf(Type));

    /// <summary>The shape, as messages call it.</summary>
    public string ShapeText => Text(Shape);

    public static string Text(int[] shape) => $"[{string.Join(", ", shape)}]";
}
