using System.Globalization;

namespace Fovea.Cuda;

/// <summary>What a device is.</summary>
/// <param name="Ordinal">Its number.</param>
/// <param name="Name">For example NVIDIA H100 80GB HBM3.</param>
/// <param name="Major">Compute capability, before the dot.</param>
/// <param name="Minor">Compute capability, after the dot.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="SharedBytesPerBlock">Dynamic shared memory that a block can be allowed.</param>
public sealed record CudaDeviceInfo(
    int Ordinal, string Name, int Major, int Minor, int Multiprocessors, long MemoryBytes, int SharedBytesPerBlock)
{
    /// <summary>Compute capability as one number: 80 for 8.0.</summary>
    public int Capability => (Major * 10) + Minor;

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name} ({Major}.{Minor}, {Multiprocessors} SMs, {MemoryBytes / (1 << 20)} MiB)");
}

/// <summary>A device's memory.</summary>
/// <param name="FreeBytes">Not in use by anyone.</param>
/// <param name="TotalBytes">All of it.</param>
public readonly record struct CudaMemoryInfo(long FreeBytes, long TotalBytes);
