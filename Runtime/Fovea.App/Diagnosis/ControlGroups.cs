using System.Globalization;

namespace Fovea.App.Diagnosis;

/// <summary>A container's limits: of Linux's control groups, of both versions, from the process's own up to the outermost.</summary>
/// <param name="read">A file's text, or null.</param>
internal sealed class ControlGroups(Func<string, string?> read)
{
    private const string Mount = "/sys/fs/cgroup";

    // Version 1 says "no limit" with the greatest whole page.
    private const double Unlimited = 1L << 60;

    /// <summary>Processors that it may keep busy, 1.5 for example; null: no limit.</summary>
    public double? Processors => Least("cpu", folder =>
        (read($"{folder}/cpu.max") ?? $"{read($"{folder}/cpu.cfs_quota_us")} {read($"{folder}/cpu.cfs_period_us")}")
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var quota, var period]
            ? Number(quota) / Number(period)
            : null);

    /// <summary>Bytes of memory that it may use; null: no limit.</summary>
    public long? Memory =>
        (long?)Least("memory", folder => Number(read($"{folder}/memory.max") ?? read($"{folder}/memory.limit_in_bytes")));

    private double? Least(string controller, Func<string, double?> limitOf) => Folders(controller).Select(limitOf).Min();

    /// <summary>Null for what is no limit: "max", -1.</summary>
    private static double? Number(string? text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var value) && value is > 0 and < Unlimited ? value : null;

    /// <summary>
    /// Lines are 0::/a/b of version 2 and 4:cpu,cpuacct:/a/b of version 1. Within a container the path may be the host's, of which
    /// nothing is seen but the root.
    /// </summary>
    private IEnumerable<string> Folders(string controller)
    {
        foreach (var line in (read("/proc/self/cgroup") ?? "").Split('\n'))
        {
            if (line.Split(':', 3) is not [_, var controllers, var path]
                || (controllers.Length > 0 && !controllers.Split(',').Contains(controller)))
            {
                continue;
            }

            var root = controllers.Length == 0 ? Mount : $"{Mount}/{controller}";
            for (var group = path.TrimEnd('/'); group.Length > 0; group = group[..group.LastIndexOf('/')])
            {
                yield return root + group;
            }

            yield return root;
        }
    }
}
