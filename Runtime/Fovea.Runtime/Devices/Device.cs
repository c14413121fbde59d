using System.Globalization;
using System.Runtime.Intrinsics;

namespace Fovea;

/// <summary>Where a detector computes.</summary>
/// <param name="Kind">The name under which options and command lines know it: cpu, cuda or auto.</param>
/// <param name="Ordinal">Which of several devices of the kind.</param>
public sealed record Device(string Kind, int Ordinal = 0)
{
    /// <summary>Pure C# SIMD, always present.</summary>
    public static Device Cpu { get; } = new("cpu");

    /// <summary>The first NVIDIA GPU; it is an error if there is none that serves.</summary>
    public static Device Cuda { get; } = new("cuda");

    /// <summary>
    /// CUDA where it can be used, else the CPU; <see cref="Detector.Device"/> says which was chosen and
    /// <see cref="Detector.DeviceDescription"/> why.
    /// </summary>
    public static Device Auto { get; } = new("auto");

    /// <summary>A device from its name, for command lines: cpu, cuda, cuda:1, auto.</summary>
    /// <exception cref="ArgumentException">No such device.</exception>
    public static Device Parse(string name) => name?.ToLowerInvariant() switch
    {
        "cpu" => Cpu,
        "cuda" => Cuda,
        "auto" => Auto,
        ['c', 'u', 'd', 'a', ':', .. var number]
            when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) => new Device("cuda", ordinal),
        _ => throw new ArgumentException($"Device \"{name}\" is unknown: expected cpu, cuda, cuda:N or auto.", nameof(name)),
    };

    /// <inheritdoc/>
    public override string ToString() => Ordinal == 0 ? Kind : string.Create(CultureInfo.InvariantCulture, $"{Kind}:{Ordinal}");

    /// <summary>What the device is on this machine, for logs: instruction set and threads.</summary>
    internal static string DescribeCpu(int workers)
    {
        var vectors = Vector512.IsHardwareAccelerated ? "512-bit" : Vector256.IsHardwareAccelerated ? "256-bit" : "128-bit";
        return string.Create(CultureInfo.InvariantCulture, $"cpu ({workers} {(workers == 1 ? "thread" : "threads")}, {vectors} vectors)");
    }
}
