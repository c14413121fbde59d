using Fovea.Ops;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks;

/// <summary>
/// The CUDA backend over any driver, with memory to try operators in: what is uploaded is rounded to the precision, so that a reference
/// sees what the kernels see.
/// </summary>
internal sealed unsafe class CudaRig : IDisposable
{
    internal const long ValuesLength = 1 << 20;
    internal const long RecordsLength = 1 << 19;
    internal const int BufferLength = 1 << 18;
    private readonly ICudaDriver driver;
    private readonly Places values = new(0, ValuesLength);
    private readonly Places records = new(ValuesLength, ValuesLength + RecordsLength);
    private readonly Places parameters = new(0, BufferLength, lead: 0);
    private readonly Places statistics = new(0, BufferLength, lead: 0);
    private readonly Places folded = new(0, BufferLength, lead: 0);

    public CudaRig(ICudaDriver driver, CudaDeviceInfo device, Precision precision)
    {
        this.driver = driver;
        Precision = precision;
        Kernels = new KernelSet(driver, device, precision);
        Model = new CudaModelMemory(
            driver, TestModel.Describe(BufferLength, statistics: BufferLength, folded: BufferLength), precision);
        Context = new CudaContext(driver, device, Kernels, Model, ValuesLength, ValuesLength + RecordsLength);
        Backend = new CudaBackend(Context);
    }

    public Precision Precision { get; }

    public KernelSet Kernels { get; }

    public CudaModelMemory Model { get; }

    public CudaContext Context { get; }

    public CudaBackend Backend { get; }

    /// <summary>The unit of the last place of values, relative: what storing a result may lose, half of it.</summary>
    public double Epsilon => Precision switch
    {
        Precision.BFloat16 => 1.0 / (1 << 8),
        Precision.Float16 => 1.0 / (1 << 11),
        _ => 1.0 / (1 << 23),
    };

    /// <summary>A map without values.</summary>
    public FeatureMap Map(int n, int h, int w, int c)
    {
        var map = new FeatureMap(0, n, h, w, c);
        return map with { Offset = values.Take(map.Length) };
    }

    /// <summary>A map with values in NHWC order, rounded to the precision.</summary>
    public FeatureMap Map(int n, int h, int w, int c, float[] values)
    {
        var map = Map(n, h, w, c);
        Write(map, values);
        return map;
    }

    /// <summary>Uploads values as they are stored.</summary>
    public void Write(FeatureMap map, float[] values)
    {
        Require(values.Length, map.Length);
        if (KernelVariant.BytesOf(Precision) == 4)
        {
            Upload(Context.Values(map).Address, values);
        }
        else
        {
            Upload(Context.Values(map).Address, Array.ConvertAll(values, Bits));
        }
    }

    /// <summary>A map's values.</summary>
    public float[] Read(FeatureMap map) => KernelVariant.BytesOf(Precision) == 4
        ? Download<float>(Context.Values(map).Address, map.Length)
        : Array.ConvertAll(Download<ushort>(Context.Values(map).Address, map.Length), Number);

    /// <summary>Numbers as the precision stores them.</summary>
    public float[] Rounded(float[] values) =>
        KernelVariant.BytesOf(Precision) == 4 ? values : Array.ConvertAll(values, v => Number(Bits(v)));

    /// <summary>A place for 32-bit records (statistics, anchors, matches, boxes …).</summary>
    public long Record(long length) => records.Take(length);

    /// <summary>Records with values.</summary>
    public long Record<T>(T[] values)
        where T : unmanaged
    {
        var offset = Record((long)values.Length * sizeof(T) / 4);
        Upload(Context.Floats(offset).Address, values);
        return offset;
    }

    public float[] ReadFloats(long offset, int length) => Download<float>(Context.Floats(offset).Address, length);

    public int[] ReadInts(long offset, int length) => Download<int>(Context.Ints(offset).Address, length);

    public NormStatisticsMap Statistics(int count) => new(Record(2L * count), count);

    /// <summary>Appends to the parameters (masters, and rounded copies); gradients have the same offset.</summary>
    public int Parameter(float[] values)
    {
        var offset = (int)parameters.Take(values.Length);
        Upload(CudaContext.Offset(Model.Parameters, offset).Address, values);
        if (Model.IsNarrow)
        {
            Upload(Model.ParameterValues.Address + (offset * 2L), Array.ConvertAll(values, Bits));
        }

        return offset;
    }

    /// <summary>Appends to the running statistics.</summary>
    public int Statistic(float[] values)
    {
        var offset = (int)statistics.Take(values.Length);
        Upload(CudaContext.Offset(Model.Statistics, offset).Address, values);
        return offset;
    }

    /// <summary>A place in the folded weights.</summary>
    public int FoldedPlace(int length) => (int)folded.Take(length);

    /// <summary>Values into a float32 buffer of the model.</summary>
    public void Write(DevicePointer<float> buffer, int offset, float[] values) =>
        Upload(CudaContext.Offset(buffer, offset).Address, values);

    /// <summary>Values of a float32 buffer of the model: parameters, gradients, statistics, folded, moments.</summary>
    public float[] Read(DevicePointer<float> buffer, int offset, int length) =>
        Download<float>(CudaContext.Offset(buffer, offset).Address, length);

    /// <summary>Values of a buffer of rounded copies.</summary>
    public float[] ReadValues(DevicePointer<Value> buffer, int offset, int length) => KernelVariant.BytesOf(Precision) == 4
        ? Download<float>(buffer.Address + (offset * 4L), length)
        : Array.ConvertAll(Download<ushort>(buffer.Address + (offset * 2L), length), Number);

    public void Dispose()
    {
        Context.Dispose();
        Model.Dispose();
        Kernels.Dispose();
    }

    public void Upload<T>(DeviceAddress address, T[] values)
        where T : unmanaged
    {
        fixed (T* p = values)
        {
            driver.CopyToDevice(address, (nint)p, (long)values.Length * sizeof(T), Context.Stream);
            driver.SynchronizeStream(Context.Stream);
        }
    }

    public T[] Download<T>(DeviceAddress address, long length)
        where T : unmanaged
    {
        var values = new T[length];
        fixed (T* p = values)
        {
            driver.CopyToHost((nint)p, address, length * sizeof(T), Context.Stream);
            driver.SynchronizeStream(Context.Stream);
        }

        return values;
    }

    private static void Require(long found, long expected)
    {
        if (found != expected)
        {
            throw new ArgumentException($"{found} values for a map of {expected}.");
        }
    }

    /// <summary>A float32 as the 2-byte precisions store it, to the nearest, ties to even.</summary>
    private ushort Bits(float value)
    {
        if (Precision == Precision.Float16)
        {
            return BitConverter.HalfToUInt16Bits((Half)value);
        }

        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    private float Number(ushort bits) =>
        Precision == Precision.Float16 ? (float)BitConverter.UInt16BitsToHalf(bits) : BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
