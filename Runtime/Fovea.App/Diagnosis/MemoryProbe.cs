using System.Globalization;
using System.Runtime;

namespace Fovea.App.Diagnosis;

/// <summary>Memory, and how .NET collects it.</summary>
internal static class MemoryProbe
{
    private const string Topic = "memory";

    // Detection by a small network takes less, training by ResNet-50 more.
    private const long Little = 1L << 30;

    public static IEnumerable<Finding> Find(MachineView machine)
    {
        var collector = GC.GetGCMemoryInfo();
        var read = machine.Read("/proc/meminfo");
        var total = Kibibytes(read, "MemTotal:") ?? collector.TotalAvailableMemoryBytes;
        var available = Kibibytes(read, "MemAvailable:") ?? Math.Max(0, collector.TotalAvailableMemoryBytes - collector.MemoryLoadBytes);
        var limit = new ControlGroups(machine.Read).Memory;
        var found = $"{Gibi(total)}, {Gibi(available)} available" + (limit < total ? $"; the container's limit is {Gibi(limit.Value)}" : "");
        yield return Math.Min(available, limit ?? available) >= Little
            ? new(Topic, "memory", Verdict.Ok, found)
            : new(Topic, "memory", Verdict.Note, found, "training, whose plan is made for a batch: --batch takes fewer pictures at a time");

        var settings = GC.GetConfigurationVariables();
        var concurrent = settings.TryGetValue("ConcurrentGC", out var value) && value is true or "true" ? "concurrent" : "not concurrent";
        yield return new(
            Topic, "collector", Verdict.Ok,
            $"{(GCSettings.IsServerGC ? "server" : "workstation")}, {concurrent}; at most {Gibi(collector.TotalAvailableMemoryBytes)} managed, "
            + "beside which tensors lie");
    }

    private static long? Kibibytes(string? text, string name) =>
        text?.Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) is { } line
        && long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var value)
            ? value << 10
            : null;

    private static string Gibi(long bytes) => FormattableString.Invariant($"{bytes / (double)(1L << 30):0.0} GiB");
}
