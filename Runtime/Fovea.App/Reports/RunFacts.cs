using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Fovea.App.Reports;

/// <summary>Where a training runs and on what: what a person needs to make its numbers again.</summary>
internal static class RunFacts
{
    /// <summary>Of this library, with the commit where the build knew it.</summary>
    public static string Version { get; } =
        typeof(RunFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>For example "AMD EPYC 9R14".</summary>
    public static string ProcessorName { get; } = FindProcessorName();

    /// <summary>For example "AMD EPYC 9R14, 2 threads".</summary>
    public static string Processor { get; } =
        string.Create(CultureInfo.InvariantCulture, $"{ProcessorName}, {Environment.ProcessorCount} threads");

    /// <summary>For example "Debian GNU/Linux 12 (bookworm), X64".</summary>
    public static string System { get; } = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}";

    /// <summary>
    /// SHA-256 over all that a training reads of a data set beside the pixels: names, sizes and lengths of the picture files, classes and
    /// boxes, in order. Where the folder lies makes no difference.
    /// </summary>
    public static string HashOf<TClass>(DetectionDataset<TClass> dataset)
        where TClass : struct, Enum
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var line = new StringBuilder();
        for (var i = 0; i < dataset.Count; i++)
        {
            var item = dataset[i];
            line.Clear();
            line.Append(CultureInfo.InvariantCulture, $"{Path.GetFileName(item.Name)}\n");
            line.Append(CultureInfo.InvariantCulture, $"{item.Width} {item.Height} {LengthOf(dataset.FileOf(i))}\n");
            foreach (var o in item.Objects)
            {
                line.Append(
                    CultureInfo.InvariantCulture,
                    $"{dataset.Classes.NameOf(o.Class)}\n{o.Box.X1:R} {o.Box.Y1:R} {o.Box.X2:R} {o.Box.Y2:R} {(o.IsCrowd ? 1 : 0)}\n");
            }

            hash.AppendData(Encoding.UTF8.GetBytes(line.ToString()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A declared canvas in words.</summary>
    public static string CanvasOf(ModelDescription model) => model.Resize is { } resize
        ? string.Create(CultureInfo.InvariantCulture, $"shorter side {resize.Min}, longer at most {resize.Max}")
        : string.Join(", ", model.InputSizes.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Width}×{s.Height}")));

    /// <summary>0 for pictures that are no files.</summary>
    private static long LengthOf(string? file) => file is not null && new FileInfo(file) is { Exists: true } info ? info.Length : 0;

    private static string FindProcessorName()
    {
        const string Field = "model name";
        const string Linux = "/proc/cpuinfo";
        if (File.Exists(Linux) && File.ReadLines(Linux).FirstOrDefault(l => l.StartsWith(Field, StringComparison.Ordinal)) is { } line)
        {
            return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? $"{RuntimeInformation.ProcessArchitecture}";
    }
}
