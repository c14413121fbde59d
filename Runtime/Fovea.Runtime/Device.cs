using System.Globalization;
using System.Runtime.Intrinsics;

namespace Fovea;

/// <summary>Where a detector computes.</summary>
/// <param name="Kind">The name under which options and command lines know it.</param>
public sealed record Device(string Kind)
{
    /// <summary>Pure C# SIMD, always present.</summary>
    public static Device Cpu { get; } = new("cpu");

    /// <summary>The fastest device that is present; <see cref="Detector.Device"/> says which was chosen. Today that is the CPU.</summary>
    public static Device Auto { get; } = new("auto");

    /// <summary>A device from its name, for command lines.</summary>
    /// <exception cref="ArgumentException">No such device.</exception>
    public static Device Parse(string name) => name?.ToLowerInvariant() switch
    {
        "cpu" => Cpu,
        "auto" => Auto,
        _ => throw new ArgumentException($"Device \"{name}\" is unknown: expected cpu or auto.", nameof(name)),
    };

    /// <summary>What the device is on this machine, for logs: instruction set and threads.</summary>
    internal static string DescribeCpu(int workers)
    {
        var vectors = Vector512.IsHardwareAccelerated ? "512-bit" : Vector256.IsHardwareAccelerated ? "256-bit" : "128-bit";
        return string.Create(CultureInfo.InvariantCulture, $"cpu ({workers} {(workers == 1 ? "thread" : "threads")}, {vectors} vectors)");
    }
}
