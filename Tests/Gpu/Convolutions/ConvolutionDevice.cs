using Fovea.Cuda;
using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;
using Fovea.Gpu.Machines;

namespace Fovea.Gpu.Convolutions;

/// <summary>A device with cuDNN, memory for one convolution at a time that is full of random numbers, and a clock.</summary>
internal sealed unsafe class ConvolutionDevice : IDisposable
{
    private const long BlockBytes = 16 << 20;
    private readonly List<CudnnConvolutions> opened = [];
    private DeviceAddress scratch;
    private long scratchBytes;

    /// <summary>Opens the machine's device.</summary>
    public ConvolutionDevice(Machine machine)
    {
        Driver = machine.OpenDriver();
        try
        {
            Device = Driver.GetDevice(0);
            Stream = Driver.CreateStream();
            Timer = new EventTimer(Driver, Stream);
            if (machine.OpenCudnn() is var (library, legacy))
            {
                (Library, Legacy) = (library, legacy);
                Handle = new CudnnHandle(library);
                Handle.Use(Stream);
            }
        }
        catch
        {
            Driver.Dispose();
            throw;
        }
    }

    /// <summary>With its context open.</summary>
    public ICudaDriver Driver { get; }

    /// <summary>What it is.</summary>
    public CudaDeviceInfo Device { get; }

    /// <summary>All work goes here.</summary>
    public CudaStream Stream { get; }

    /// <summary>Takes the time on the stream.</summary>
    public EventTimer Timer { get; }

    /// <summary>cuDNN, or null over a recording driver.</summary>
    public CudnnLibrary? Library { get; }

    /// <summary>Its older API.</summary>
    public CudnnLegacy? Legacy { get; }

    /// <summary>A context of the older API's on the stream.</summary>
    public CudnnHandle? Handle { get; }

    /// <summary>Convolutions of a precision.</summary>
    public CudnnConvolutions Open(Precision precision, CudnnOptions options)
    {
        var convolutions = new CudnnConvolutions(Driver, Library!, precision, Device, options);
        opened.Add(convolutions);
        return convolutions;
    }

    /// <summary>Memory for a shape and so much workspace, full of random bfloat16 numbers.</summary>
    public ConvolutionScratch Reserve(in ConvolutionShape shape, long workspace)
    {
        var bytes = ConvolutionShape.Aligned(shape.ScratchBytes() + workspace);
        if (bytes > scratchBytes)
        {
            if (scratchBytes > 0)
            {
                Driver.Free(scratch);
            }

            scratchBytes = Math.Max(bytes, BlockBytes);
            scratch = Driver.Allocate(scratchBytes);
        }

        Randomize(shape.ScratchBytes());
        return new ConvolutionScratch(scratch, scratchBytes);
    }

    /// <summary>The first numbers of an operand.</summary>
    public float[] Download(DeviceAddress address, long bytes, CudnnDataType type)
    {
        var buffer = new byte[bytes];
        fixed (byte* p = buffer)
        {
            Driver.CopyToHost((nint)p, address, bytes, Stream);
            Driver.SynchronizeStream(Stream);
        }

        return DeviceValues.Decode(buffer, type);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Driver.SynchronizeStream(Stream);
        foreach (var convolutions in opened)
        {
            convolutions.Dispose();
        }

        Handle?.Dispose();
        Timer.Dispose();
        if (scratchBytes > 0)
        {
            Driver.Free(scratch);
        }

        Driver.DestroyStream(Stream);
        Driver.Dispose();
    }

    /// <summary>The same block of random numbers again and again: constant operands would cost less power, and so less time.</summary>
    private void Randomize(long bytes)
    {
        var first = Math.Min(BlockBytes, scratchBytes);
        var values = new ushort[first / sizeof(ushort)];
        var random = new Random(1);
        foreach (ref var value in values.AsSpan())
        {
            value = (ushort)(BitConverter.SingleToUInt32Bits((2 * random.NextSingle()) - 1) >> 16);
        }

        fixed (ushort* p = values)
        {
            Driver.CopyToDevice(scratch, (nint)p, first, Stream);
            Driver.SynchronizeStream(Stream);
        }

        for (var at = first; at < bytes; at += first)
        {
            Driver.CopyOnDevice(scratch + at, scratch, Math.Min(first, bytes - at), Stream);
        }
    }
}
