using System.Collections.Concurrent;
using ManagedCuda;
using ManagedCuda.BasicTypes;
using Managed = ManagedCuda;

namespace Fovea.Cuda;

// Handles and checks: what every call passes through.
public sealed partial class ManagedCudaDriver
{
    private PrimaryContext Context
    {
        get
        {
            ThrowIfDisposed();
            return context ?? throw new InvalidOperationException("Expected an open context, found none. Call OpenContext first.");
        }
    }

    private static CUdeviceptr PointerTo(DeviceAddress address) => new() { Pointer = address.Value };

    private static SizeT BytesOf(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return bytes;
    }

    private static CUmodule Raw(CudaModule module) => new() { Pointer = module.Handle };

    private static CUgraphExec Raw(CudaGraph graph) => new() { Pointer = graph.Handle };

    private static T Require<T>(ConcurrentDictionary<nint, T> all, nint handle, string call) => all.TryGetValue(handle, out var one)
        ? one
        : throw new CudaException($"{call}: expected something that this driver made, found a handle that was given back or is another's.");

    /// <summary>Every raw call has a stream, so this is where they notice that the driver is gone.</summary>
    private CUstream Raw(CudaStream stream)
    {
        ThrowIfDisposed();
        return new CUstream { Pointer = stream.Handle };
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(disposed, this);

    private void Check(CUResult result, string call, KernelSignature? kernel = null)
    {
        if ((int)result != DriverStatus.Success)
        {
            throw ManagedCudaErrors.For(result, call, kernel, trace);
        }
    }

    private void Call(string call, Action body) => Call(call, null, body);

    private void Call(string call, KernelSignature? kernel, Action body) => Call(call, kernel, () =>
    {
        body();
        return true;
    });

    private T Call<T>(string call, Func<T> body) => Call(call, null, body);

    private T Call<T>(string call, KernelSignature? kernel, Func<T> body)
    {
        ThrowIfDisposed();
        try
        {
            return body();
        }
        catch (Managed.CudaException failure)
        {
            throw ManagedCudaErrors.For(failure.CudaError, call, kernel, trace);
        }
    }

    private sealed record Kernel(CudaKernel Managed, nint[] Arguments);
}
