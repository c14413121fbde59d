namespace Fovea.Cuda;

/// <summary>The type of a kernel's parameter.</summary>
public enum KernelType : byte
{
    /// <summary>An address of the network's values.</summary>
    ValuePointer,

    /// <summary>An address of float32.</summary>
    FloatPointer,

    /// <summary>An address of float64.</summary>
    DoublePointer,

    /// <summary>An address of 32-bit integers.</summary>
    IntPointer,

    /// <summary>An address of 64-bit integers.</summary>
    LongPointer,

    /// <summary>An address of bytes.</summary>
    BytePointer,

    /// <summary>A 32-bit integer.</summary>
    Int,

    /// <summary>A 64-bit integer.</summary>
    Long,

    /// <summary>A float32.</summary>
    Float,

    /// <summary>A float64.</summary>
    Double,
}

/// <summary>A kernel's parameter.</summary>
/// <param name="Name">As the source names it.</param>
/// <param name="Type">As the source types it.</param>
public sealed record KernelParameter(string Name, KernelType Type);

/// <summary>A kernel's name and parameters. The generated launches carry one each; a test compares them with the PTX.</summary>
/// <param name="Source">The source file's name without extension.</param>
/// <param name="Name">The entry's name.</param>
/// <param name="Threads">Threads of a block at the most.</param>
/// <param name="Parameters">In order.</param>
public sealed record KernelSignature(string Source, string Name, int Threads, KernelParameter[] Parameters)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source}.{Name}";
}
