using System.IO.Compression;

namespace Fovea.Cuda;

/// <summary>The PTX that this assembly carries: an archive of files named source.variant.sm_NN.ptx, each unpacked when it is asked for.</summary>
internal static class PtxLibrary
{
    private const string Resource = "ptx.zip";

    /// <summary>Names of all files, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = ReadNames();

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

    /// <summary>A file's text, ending with a 0 byte as drivers want it.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static byte[] Read(string name)
    {
        using var archive = Open();
        var entry = archive.GetEntry(name) ?? throw new ArgumentException($"There is no PTX named {name}.", nameof(name));
        using var stream = entry.Open();
        var bytes = new byte[entry.Length + 1];
        stream.ReadExactly(bytes.AsSpan(0, bytes.Length - 1));
        return bytes;
    }

    private static string[] ReadNames()
    {
        using var archive = Open();
        return [.. archive.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal)];
    }

    private static ZipArchive Open() => new(
        typeof(PtxLibrary).Assembly.GetManifestResourceStream(Resource) ?? throw new CudaException(
            CudaFailure.LeftOut, "The kernels' PTX was left out of this application. Publish it without FoveaCuda=false."),
        ZipArchiveMode.Read);

    /// <summary>80 for pointwise.bf16.sm_80.ptx.</summary>
    private static int CapabilityOf(string name)
    {
        var start = name.LastIndexOf("sm_", StringComparison.Ordinal) + 3;
        return int.Parse(name.AsSpan(start, name.Length - ".ptx".Length - start), System.Globalization.CultureInfo.InvariantCulture);
    }
}
