using System.Reflection;

namespace Fovea.Cuda;

/// <summary>The PTX that this assembly carries: resources named source.variant.sm_NN.ptx.</summary>
public static class PtxLibrary
{
    /// <summary>Names of all resources, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Assembly.GetManifestResourceNames()
        .Where(n => n.EndsWith(".ptx", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static Assembly Assembly => typeof(PtxLibrary).Assembly;

    /// <summary>The PTX of a source for a precision that is newest among those that a device can run.</summary>
    /// <param name="source">The source file's name without extension.</param>
    /// <param name="precision">How values are stored and multiplied.</param>
    /// <param name="device">The device.</param>
    /// <exception cref="CudaException">The device is too old.</exception>
    public static string Find(string source, Precision precision, CudaDeviceInfo device)
    {
        ArgumentNullException.ThrowIfNull(device);
        foreach (var variant in (string[])[KernelVariant.Any, KernelVariant.Of(precision, true), KernelVariant.Of(precision, false)])
        {
            var prefix = $"{source}.{variant}.sm_";
            var best = Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
                .Where(n => CapabilityOf(n) <= device.Capability).MaxBy(CapabilityOf);
            if (best is not null)
            {
                return best;
            }
        }

        throw new CudaException(
            CudaFailure.DeviceTooOld,
            $"{device} cannot run Fovea's kernels ({source}, {precision}): expected compute capability 7.5 (Turing) or higher. "
            + "Use --device cpu.");
    }

    /// <summary>A resource's text, ending with a 0 byte as drivers want it.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static byte[] Read(string name)
    {
        using var stream = Assembly.GetManifestResourceStream(name)
            ?? throw new ArgumentException($"There is no PTX named {name}.", nameof(name));
        var bytes = new byte[stream.Length + 1];
        stream.ReadExactly(bytes.AsSpan(0, bytes.Length - 1));
        return bytes;
    }

    /// <summary>80 for pointwise.bf16.sm_80.ptx.</summary>
    private static int CapabilityOf(string name)
    {
        var start = name.LastIndexOf("sm_", StringComparison.Ordinal) + 3;
        return int.Parse(name.AsSpan(start, name.Length - ".ptx".Length - start), System.Globalization.CultureInfo.InvariantCulture);
    }
}
