namespace Fovea.Checkpoints;

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Offset">First byte, from the start of the file. Its bytes lie one after the other.</param>
internal sealed record SafetensorsEntry(string Name, ElementType Type, int[] Shape, long Offset) : StateTensor(Name, Type, Shape);
