namespace Fovea;

/// <summary>How the network's values are stored and multiplied on the device.</summary>
public enum Precision : byte
{
    /// <summary>bfloat16 values, float32 sums and weights: the default.</summary>
    BFloat16,

    /// <summary>float16 values, float32 sums and weights; training scales the loss.</summary>
    Float16,

    /// <summary>float32 values, multiplied on tensor cores with 10 bits of mantissa.</summary>
    TensorFloat32,

    /// <summary>float32 throughout.</summary>
    Float32,
}

/// <summary>Names of a source's variants, of which each is a module.</summary>
internal static class KernelVariant
{
    /// <summary>The one variant of sources that do not touch the network's values.</summary>
    public const string Any = "any";

    /// <summary>The variant of a precision.</summary>
    /// <param name="precision">How values are stored and multiplied.</param>
    /// <param name="multiplies">Whether the source has a variant of its own for TensorFloat32 (convolution); others use float32's.</param>
    public static string Of(Precision precision, bool multiplies) => precision switch
    {
        Precision.BFloat16 => "bf16",
        Precision.Float16 => "f16",
        Precision.TensorFloat32 when multiplies => "tf32",
        _ => "f32",
    };

    /// <summary>Bytes of a value.</summary>
    public static int BytesOf(Precision precision) => precision is Precision.BFloat16 or Precision.Float16 ? 2 : 4;
}
