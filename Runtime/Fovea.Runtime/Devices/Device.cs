using System.Globalization;
using System.Runtime.Intrinsics;

namespace Fovea;

/// <summary>What kinds of devices there are.</summary>
public enum DeviceKind : byte
{
    /// <summary>CUDA where it can be used, else the CPU.</summary>
    Auto,

    /// <summary>Pure C# SIMD.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>Where a detector computes: one of the devices that this type names, and no other. Equal devices are the same place.</summary>
public sealed record Device
{
    private Device(DeviceKind kind, int ordinal = 0) => (Kind, Ordinal) = (kind, ordinal);

    /// <summary>Pure C# SIMD, always present.</summary>
    public static Device Cpu { get; } = new(DeviceKind.Cpu);

    /// <summary>The first NVIDIA GPU; it is an error if there is none that serves.</summary>
    public static Device Cuda { get; } = new(DeviceKind.Cuda);

    /// <summary>
    /// CUDA where it can be used, else the CPU; <see cref="Detector.Device"/> says which was chosen and
    /// <see cref="Detector.DeviceDescription"/> why.
    /// </summary>
    public static Device Auto { get; } = new(DeviceKind.Auto);

    /// <summary>What it is.</summary>
    public DeviceKind Kind { get; }

    /// <summary>Which of several GPUs, as the driver counts them; 0 for other kinds.</summary>
    public int Ordinal { get; }

    /// <summary>One of several NVIDIA GPUs; it is an error, when a detector is made, if there is none of that number.</summary>
    /// <param name="ordinal">0 is <see cref="Cuda"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is below 0.</exception>
    public static Device CudaAt(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        return ordinal == 0 ? Cuda : new Device(DeviceKind.Cuda, ordinal);
    }

    /// <summary>A device from its name, for command lines: cpu, cuda, cuda:1, auto. It is what <see cref="ToString"/> writes.</summary>
    /// <exception cref="ArgumentException">No such device.</exception>
    public static Device Parse(string name) => name?.ToLowerInvariant() switch
    {
        "cpu" => Cpu,
        "cuda" => Cuda,
        "auto" => Auto,
        ['c', 'u', 'd', 'a', ':', .. var number]
            when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) => CudaAt(ordinal),
        _ => throw new ArgumentException($"Device \"{name}\" is unknown: expected cpu, cuda, cuda:N or auto.", nameof(name)),
    };

    /// <inheritdoc/>
    public override string ToString() => (Kind, Ordinal) switch
    {
        (DeviceKind.Cpu, _) => "cpu",
        (DeviceKind.Auto, _) => "auto",
        (_, 0) => "cuda",
        _ => string.Create(CultureInfo.InvariantCulture, $"cuda:{Ordinal}"),
    };

    /// <summary>What the device is on this machine, for logs: instruction set and threads.</summary>
    internal static string DescribeCpu(int workers)
    {
        var vectors = Vector512.IsHardwareAccelerated ? "512-bit" : Vector256.IsHardwareAccelerated ? "256-bit" : "128-bit";
        return string.Create(CultureInfo.InvariantCulture, $"cpu ({workers} {(workers == 1 ? "thread" : "threads")}, {vectors} vectors)");
    }
}
