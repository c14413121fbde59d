namespace Fovea.Cuda;

internal sealed unsafe partial class CudaDriver
{
    // ---- memory -----------------------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public DeviceAddress Allocate(long bytes)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        ulong address;
        var status = api.MemoryAllocate(&address, (nuint)bytes);
        return status == DriverStatus.Success
            ? new DeviceAddress(address)
            : throw errors.ForAllocation(status, "cuMemAlloc_v2", bytes, "device");
    }

    /// <inheritdoc/>
    public void Free(DeviceAddress address)
    {
        ThrowIfDisposed();
        Check(api.MemoryFree(address.Value), "cuMemFree_v2");
    }

    /// <inheritdoc/>
    public nint AllocateHost(long bytes)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        nint address;
        var status = api.HostAllocate(&address, (nuint)bytes, 0);
        return status == DriverStatus.Success
            ? address
            : throw errors.ForAllocation(status, "cuMemHostAlloc", bytes, "page-locked host");
    }

    /// <inheritdoc/>
    public void FreeHost(nint address)
    {
        ThrowIfDisposed();
        Check(api.HostFree(address), "cuMemFreeHost");
    }

    /// <inheritdoc/>
    public void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Check(api.CopyHostToDevice(destination.Value, source, (nuint)bytes, stream.Handle), "cuMemcpyHtoDAsync_v2");
    }

    /// <inheritdoc/>
    public void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Check(api.CopyDeviceToHost(destination, source.Value, (nuint)bytes, stream.Handle), "cuMemcpyDtoHAsync_v2");
    }

    /// <inheritdoc/>
    public void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Check(api.CopyDeviceToDevice(destination.Value, source.Value, (nuint)bytes, stream.Handle), "cuMemcpyDtoDAsync_v2");
    }

    /// <inheritdoc/>
    public void Fill(DeviceAddress destination, uint value, long words, CudaStream stream)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(words);
        Check(api.FillWords(destination.Value, value, (nuint)words, stream.Handle), "cuMemsetD32Async");
    }
}
