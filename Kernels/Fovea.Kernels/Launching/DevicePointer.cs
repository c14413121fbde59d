namespace Fovea.Cuda;

/// <summary>Stands for the type of the network's values, which a module's variant fixes: float32, bfloat16 or float16.</summary>
public readonly struct Value;

/// <summary>An address of elements of a type in a device's memory. It is what a kernel's pointer parameter takes.</summary>
/// <typeparam name="T">float, double, int, long, byte or <see cref="Value"/>.</typeparam>
/// <param name="Address">The first element's; 0 is the null pointer.</param>
public readonly record struct DevicePointer<T>(DeviceAddress Address)
    where T : unmanaged
{
    /// <summary>No memory: an operand that is absent.</summary>
    public static DevicePointer<T> Null => default;

    /// <summary>Whether this is the null pointer.</summary>
    public bool IsNull => Address.Value == 0;
}
