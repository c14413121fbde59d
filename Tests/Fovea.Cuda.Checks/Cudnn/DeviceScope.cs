namespace Fovea.Cuda.Checks.Cudnn;

/// <summary>Device memory of one check, freed with it.</summary>
internal sealed unsafe class DeviceScope(ICudaDriver driver, CudaStream stream) : IDisposable
{
    private readonly List<DeviceAddress> allocated = [];

    /// <summary>Bytes on the device, with guards behind them.</summary>
    public DeviceAddress Upload(ReadOnlySpan<byte> bytes, int guard, byte guardByte)
    {
        var all = new byte[bytes.Length + guard];
        bytes.CopyTo(all);
        all.AsSpan(bytes.Length).Fill(guardByte);
        var address = driver.Allocate(all.Length);
        allocated.Add(address);
        fixed (byte* p = all)
        {
            driver.CopyToDevice(address, (nint)p, all.Length, stream);
            driver.SynchronizeStream(stream);
        }

        return address;
    }

    /// <summary>Bytes from the device.</summary>
    public byte[] Download(DeviceAddress address, long bytes)
    {
        var all = new byte[bytes];
        fixed (byte* p = all)
        {
            driver.CopyToHost((nint)p, address, bytes, stream);
            driver.SynchronizeStream(stream);
        }

        return all;
    }

    /// <summary>Throws where guards were overwritten.</summary>
    public void CheckGuard(DeviceAddress address, long bytes, int guard, byte guardByte, string what)
    {
        if (Download(address + bytes, guard).AsSpan().IndexOfAnyExcept(guardByte) >= 0)
        {
            throw new InvalidOperationException($"Memory behind {what} ({bytes} bytes) was overwritten.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var address in allocated)
        {
            driver.Free(address);
        }
    }
}
