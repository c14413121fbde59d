using System.Collections.Concurrent;
using System.Globalization;
using ManagedCuda;
using ManagedCuda.BasicTypes;
using Managed = ManagedCuda;

namespace Fovea.Cuda;

/// <summary>
/// A driver over ManagedCuda, for programs that use it already: both then share the device's primary context. Fovea's own
/// <see cref="CudaDriver"/> does more and costs less; the README beside this file says what is lacking here.
/// </summary>
public sealed unsafe partial class ManagedCudaDriver : ICudaDriver
{
    /// <summary>Turing, the oldest architecture that there are kernels for.</summary>
    private const int MinimumCapability = 75;

    private readonly LoadedLibrary library;
    private readonly LaunchTrace trace = new();
    private readonly ConcurrentDictionary<nint, CudaPageLockedHostMemory<byte>> hostMemory = new();
    private readonly ConcurrentDictionary<nint, Managed.CudaStream> streams = new();
    private readonly ConcurrentDictionary<nint, Managed.CudaEvent> events = new();
    private readonly ConcurrentDictionary<nint, Kernel> kernels = new();
    private readonly Lock gate = new();
    private PrimaryContext? context;
    private int openOrdinal;
    private int lastEvent;
    private bool disposed;

    /// <summary>Opens the driver's library where <see cref="CudaLibraries.Default"/> finds it.</summary>
    /// <exception cref="CudaException">There is no driver.</exception>
    public ManagedCudaDriver()
        : this(CudaLibraries.Default)
    {
    }

    /// <summary>Opens the driver's library.</summary>
    /// <param name="libraries">Finds it.</param>
    /// <exception cref="CudaException">There is no driver.</exception>
    public ManagedCudaDriver(CudaLibraries libraries)
    {
        ArgumentNullException.ThrowIfNull(libraries);
        library = ManagedCudaLibrary.Open(libraries);
    }

    /// <inheritdoc/>
    public event Action? Disposing;

    // ---- device and context -----------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public string Description => $"{library.Path} through ManagedCuda {typeof(PrimaryContext).Assembly.GetName().Version}";

    /// <inheritdoc/>
    public int DeviceCount => Call(nameof(CudaContext.GetDeviceCount), CudaContext.GetDeviceCount);

    /// <inheritdoc/>
    public CudaDeviceInfo GetDevice(int ordinal)
    {
        var count = DeviceCount;
        if ((uint)ordinal >= (uint)count)
        {
            throw new CudaException(
                CudaFailure.NoDevice,
                string.Create(CultureInfo.InvariantCulture, $"CUDA device {ordinal}: expected a number below {count}. ")
                + "Check nvidia-smi and CUDA_VISIBLE_DEVICES, or use --device cpu.");
        }

        // Properties hang on a context here, so the device's is retained for the moment.
        return Call(nameof(CudaContext.GetDeviceInfo), () =>
        {
            using var borrowed = new PrimaryContext(ordinal);
            var info = borrowed.GetDeviceInfo();
            var capability = info.ComputeCapability;
            return new CudaDeviceInfo(
                ordinal,
                info.DeviceName,
                capability.Major,
                capability.Minor,
                info.MultiProcessorCount,
                (long)info.TotalGlobalMemory,
                info.MaxSharedMemoryPerBlockOptin);
        });
    }

    /// <inheritdoc/>
    public void OpenContext(int ordinal)
    {
        var info = GetDevice(ordinal);
        if (info.Capability < MinimumCapability)
        {
            throw new CudaException(
                CudaFailure.DeviceTooOld,
                $"{info}: expected compute capability 7.5 (Turing) or higher. Use another device or --device cpu.");
        }

        lock (gate)
        {
            if (context is not null)
            {
                throw new InvalidOperationException("OpenContext: this driver has a context already; use one driver for each device.");
            }

            context = Call(nameof(PrimaryContext), () => new PrimaryContext(ordinal));
            openOrdinal = ordinal;
        }

        MakeCurrent();
    }

    /// <inheritdoc/>
    public int? OpenDevice => context is null ? null : openOrdinal;

    /// <inheritdoc/>
    public void MakeCurrent() => Call(nameof(CudaContext.SetCurrent), Context.SetCurrent);

    /// <inheritdoc/>
    public void Synchronize()
    {
        Call(nameof(CudaContext.Synchronize), Context.Synchronize);
        trace.Clear();
    }

    /// <inheritdoc/>
    public CudaMemoryInfo GetMemory() => Call(
        nameof(CudaContext.GetFreeDeviceMemorySize),
        () => new CudaMemoryInfo((long)Context.GetFreeDeviceMemorySize(), (long)Context.GetTotalDeviceMemorySize()));

    /// <summary>Releases the primary context, once.</summary>
    public void Dispose()
    {
        Disposing?.Invoke();
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
            context?.Dispose();
            context = null;
        }
    }

    // ---- memory -----------------------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public DeviceAddress Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return Call(nameof(CudaContext.AllocateMemory), () => new DeviceAddress((ulong)Context.AllocateMemory(bytes).Pointer));
    }

    /// <inheritdoc/>
    public void Free(DeviceAddress address) => Call(nameof(CudaContext.FreeMemory), () => Context.FreeMemory(PointerTo(address)));

    /// <inheritdoc/>
    public nint AllocateHost(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return Call(nameof(CudaPageLockedHostMemory<>), () =>
        {
            var memory = new CudaPageLockedHostMemory<byte>(bytes);
            hostMemory[memory.PinnedHostPointer] = memory;
            return memory.PinnedHostPointer;
        });
    }

    /// <inheritdoc/>
    public void FreeHost(nint address)
    {
        var memory = Require(hostMemory, address, nameof(FreeHost));
        hostMemory.TryRemove(address, out _);
        Call(nameof(FreeHost), memory.Dispose);
    }

    /// <inheritdoc/>
    public void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream) => Check(
        DriverAPINativeMethods.AsynchronousMemcpy_v2.cuMemcpyHtoDAsync_v2(PointerTo(destination), source, BytesOf(bytes), Raw(stream)),
        nameof(DriverAPINativeMethods.AsynchronousMemcpy_v2.cuMemcpyHtoDAsync_v2));

    /// <inheritdoc/>
    public void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream) => Check(
        DriverAPINativeMethods.AsynchronousMemcpy_v2.cuMemcpyDtoHAsync_v2(destination, PointerTo(source), BytesOf(bytes), Raw(stream)),
        nameof(DriverAPINativeMethods.AsynchronousMemcpy_v2.cuMemcpyDtoHAsync_v2));

    /// <inheritdoc/>
    public void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream) =>
        Call(nameof(CudaDeviceVariable<>.AsyncCopyToDevice), () =>
        {
            using var target = new CudaDeviceVariable<byte>(PointerTo(destination), false, BytesOf(bytes));
            target.AsyncCopyToDevice(PointerTo(source), Raw(stream));
        });

    /// <inheritdoc/>
    public void Fill(DeviceAddress destination, uint value, long words, CudaStream stream) => Call(
        nameof(CudaContext.ClearMemoryAsync),
        () => Context.ClearMemoryAsync(PointerTo(destination), value, BytesOf(words * sizeof(uint)), Raw(stream)));

    // ---- modules and launches -----------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx)
    {
        var text = ptx.ToArray();
        if (text is not [.., 0])
        {
            throw new ArgumentException($"Module {name}: the PTX must end with a 0 byte.", nameof(ptx));
        }

        return Call($"{nameof(CudaContext.LoadModulePTX)} of {name}", () => new CudaModule(Context.LoadModulePTX(text).Pointer));
    }

    /// <inheritdoc/>
    public void UnloadModule(CudaModule module) => Call(nameof(CudaContext.UnloadModule), () => Context.UnloadModule(Raw(module)));

    /// <inheritdoc/>
    public CudaFunction GetFunction(CudaModule module, KernelSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        return Call(nameof(CudaKernel), signature, () =>
        {
            var kernel = new CudaKernel(signature.Name, Raw(module));
            var handle = kernel.CUFunction.Pointer;
            kernels[handle] = new Kernel(kernel, new nint[signature.Parameters.Length]);
            return new CudaFunction(handle, signature);
        });
    }

    /// <inheritdoc/>
    public void AllowSharedMemory(CudaFunction function, int bytes)
    {
        var kernel = Require(kernels, function.Handle, nameof(AllowSharedMemory));
        Call(nameof(CudaKernel.MaxDynamicSharedSizeBytes), function.Signature, () => kernel.Managed.MaxDynamicSharedSizeBytes = bytes);
    }

    /// <inheritdoc/>
    public void Launch(CudaFunction function, in LaunchShape shape, void** arguments)
    {
        ThrowIfDisposed();
        var kernel = Require(kernels, function.Handle, nameof(Launch));
        var (grid, block) = (shape.Grid, shape.Block);
        CUResult result;

        // The array is the kernel's own, so that a launch makes none; two threads take turns.
        lock (kernel)
        {
            for (var i = 0; i < kernel.Arguments.Length; i++)
            {
                kernel.Arguments[i] = (nint)arguments[i];
            }

            result = DriverAPINativeMethods.Launch.cuLaunchKernel(
                kernel.Managed.CUFunction,
                (uint)grid.X, (uint)grid.Y, (uint)grid.Z,
                (uint)block.X, (uint)block.Y, (uint)block.Z,
                (uint)shape.SharedBytes, Raw(shape.Stream), kernel.Arguments, null);
        }

        Check(result, nameof(DriverAPINativeMethods.Launch.cuLaunchKernel), function.Signature);
        trace.Add(function.Signature);
    }

    // ---- streams and events -----------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public CudaStream CreateStream() => Call(nameof(CreateStream), () =>
    {
        var stream = new Managed.CudaStream(CUStreamFlags.NonBlocking);
        streams[stream.Stream.Pointer] = stream;
        return new CudaStream(stream.Stream.Pointer);
    });

    /// <inheritdoc/>
    public void DestroyStream(CudaStream stream)
    {
        var managed = Require(streams, stream.Handle, nameof(DestroyStream));
        streams.TryRemove(stream.Handle, out _);
        Call(nameof(DestroyStream), managed.Dispose);
    }

    /// <inheritdoc/>
    public void SynchronizeStream(CudaStream stream) =>
        Call(nameof(SynchronizeStream), Require(streams, stream.Handle, nameof(SynchronizeStream)).Synchronize);

    /// <inheritdoc/>
    public CudaEvent CreateEvent(bool timing) => Call(nameof(CreateEvent), () =>
    {
        var handle = Interlocked.Increment(ref lastEvent);
        events[handle] = new Managed.CudaEvent(timing ? CUEventFlags.Default : CUEventFlags.DisableTiming);
        return new CudaEvent(handle);
    });

    /// <inheritdoc/>
    public void DestroyEvent(CudaEvent marker)
    {
        var managed = Require(events, marker.Handle, nameof(DestroyEvent));
        events.TryRemove(marker.Handle, out _);
        Call(nameof(DestroyEvent), managed.Dispose);
    }

    /// <inheritdoc/>
    public void RecordEvent(CudaEvent marker, CudaStream stream)
    {
        var managed = Require(events, marker.Handle, nameof(RecordEvent));
        Call(nameof(RecordEvent), () => managed.Record(Raw(stream)));
    }

    /// <inheritdoc/>
    public void WaitEvent(CudaStream stream, CudaEvent marker)
    {
        var (waiting, managed) = (Require(streams, stream.Handle, nameof(WaitEvent)), Require(events, marker.Handle, nameof(WaitEvent)));
        Call(nameof(WaitEvent), () => waiting.WaitEvent(managed.Event));
    }

    /// <inheritdoc/>
    public void SynchronizeEvent(CudaEvent marker) =>
        Call(nameof(SynchronizeEvent), Require(events, marker.Handle, nameof(SynchronizeEvent)).Synchronize);

    /// <inheritdoc/>
    public float ElapsedMilliseconds(CudaEvent start, CudaEvent end)
    {
        var first = Require(events, start.Handle, nameof(ElapsedMilliseconds));
        var last = Require(events, end.Handle, nameof(ElapsedMilliseconds));
        return Call(nameof(ElapsedMilliseconds), () => Managed.CudaEvent.ElapsedTime(first, last));
    }

    // ---- capture: ManagedCuda has no wrapper for it -----------------------------------------------------------------------------------

    /// <inheritdoc/>
    public void BeginCapture(CudaStream stream) => Check(
        DriverAPINativeMethods.Streams.cuStreamBeginCapture(Raw(stream), CUstreamCaptureMode.Local),
        nameof(DriverAPINativeMethods.Streams.cuStreamBeginCapture));

    /// <inheritdoc/>
    public CudaGraph EndCapture(CudaStream stream)
    {
        CUgraph graph = default;
        Check(
            DriverAPINativeMethods.Streams.cuStreamEndCapture(Raw(stream), ref graph),
            nameof(DriverAPINativeMethods.Streams.cuStreamEndCapture));
        CUgraphExec ready = default;
        var result = DriverAPINativeMethods.GraphManagment.cuGraphInstantiate(ref ready, graph, default);

        // What was made ready is a copy; the template is done with either way.
        _ = DriverAPINativeMethods.GraphManagment.cuGraphDestroy(graph);
        Check(result, nameof(DriverAPINativeMethods.GraphManagment.cuGraphInstantiate));
        return new CudaGraph(ready.Pointer);
    }

    /// <inheritdoc/>
    public void LaunchGraph(CudaGraph graph, CudaStream stream)
    {
        Check(
            DriverAPINativeMethods.GraphManagment.cuGraphLaunch(Raw(graph), Raw(stream)),
            nameof(DriverAPINativeMethods.GraphManagment.cuGraphLaunch));
        trace.AddGraph("a captured graph");
    }

    /// <inheritdoc/>
    public void DestroyGraph(CudaGraph graph) => Check(
        DriverAPINativeMethods.GraphManagment.cuGraphExecDestroy(Raw(graph)),
        nameof(DriverAPINativeMethods.GraphManagment.cuGraphExecDestroy));
}
