namespace Fovea.Tests.Goldens;

/// <summary>
/// A tensor of a golden file, row-major. The array of its type is filled; asking for another is a mistake of the test and throws.
/// </summary>
public sealed class GoldenTensor(string name, string dtype, int[] shape, Array data)
{
    public string Name { get; } = name;

    /// <summary>safetensors' name: F32, F64, I64, I32, BOOL, U8.</summary>
    public string Dtype { get; } = dtype;

    public int[] Shape { get; } = shape;

    public int Length => data.Length;

    public float[] F32 => As<float>();

    public double[] F64 => As<double>();

    public long[] I64 => As<long>();

    public int[] I32 => As<int>();

    public bool[] Bool => As<bool>();

    public byte[] U8 => As<byte>();

    /// <summary>The elements as doubles, whatever their type.</summary>
    public double[] AsDoubles()
    {
        var result = new double[data.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = Convert.ToDouble(data.GetValue(i), System.Globalization.CultureInfo.InvariantCulture);
        }

        return result;
    }

    public override string ToString() => $"{Name} {Dtype}[{string.Join(',', Shape)}]";

    private T[] As<T>() =>
        data as T[] ?? throw new InvalidOperationException($"{Name}: holds {Dtype}, not {typeof(T).Name}.");
}
