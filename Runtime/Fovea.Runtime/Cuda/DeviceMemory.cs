namespace Fovea.Cuda;

/// <summary>
/// Device memory that grows on demand and loses what it held when it does. Nothing that is captured may point into it.
/// </summary>
/// <param name="driver">Allocates.</param>
/// <param name="name">For whoever writes calls down.</param>
internal sealed class DeviceMemory(ICudaDriver driver, string name) : IDisposable
{
    private const long Granularity = 1 << 16;
    private long bytes;

    /// <summary>Null before the first <see cref="Reserve"/>.</summary>
    public DeviceAddress Address { get; private set; }

    /// <summary>Whether so many bytes fit.</summary>
    public bool Holds(long length) => length <= bytes;

    /// <summary>Makes room, a quarter more than is asked for; the device must be done with what was there.</summary>
    public void Reserve(long length)
    {
        if (!Holds(length))
        {
            Dispose();
            var rounded = (length + (length / 4) + Granularity - 1) / Granularity * Granularity;
            Address = driver.Allocate(rounded, name);
            bytes = rounded;
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (bytes > 0)
        {
            driver.Free(Address);
            (Address, bytes) = (default, 0);
        }
    }
}
