using System.Globalization;
using Fovea.App.Reports;

namespace Fovea.App.Diagnosis;

/// <summary>Vector sets, processors, threads.</summary>
internal static class ProcessorProbe
{
    private const string Topic = "processor";

    /// <param name="machine">Where.</param>
    /// <param name="threads">That the detector was told to use; 0: as many as processors.</param>
    public static IEnumerable<Finding> Find(MachineView machine, int threads)
    {
        yield return new(Topic, "name", Verdict.Ok, RunFacts.ProcessorName);
        yield return Vectors(machine);
        yield return Threads(machine, threads);
    }

    private static Finding Vectors(MachineView machine)
    {
        var sets = machine.VectorSets.Count == 0 ? "128 bits alone" : string.Join(", ", machine.VectorSets);
        var found = $"{sets}; Fovea uses {machine.UsedVectorSet}";

        // Linux tells what the processor has, whatever .NET was told to use of it.
        var flags = (machine.Read("/proc/cpuinfo") ?? "").Split('\n').FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal))
            ?.Split(' ').ToHashSet(StringComparer.Ordinal) ?? [];
        var (level, has) = flags.Contains("avx512f") ? (4, "AVX-512")
            : flags.Contains("avx2") && flags.Contains("fma") ? (3, "AVX2")
            : (0, "");
        var used = machine.UsedVectorSet switch { "AVX-512" => 4, "AVX2" => 3, _ => 0 };
        return level <= used
            ? new(Topic, "vectors", Verdict.Ok, found)
            : new(
                Topic, "vectors", Verdict.Note, $"{found}, though the processor has {has}", "speed on the CPU",
                new Remedies(machine).Vectors(level));
    }

    private static Finding Threads(MachineView machine, int threads)
    {
        var logical = CountOf(machine.Read("/sys/devices/system/cpu/online")) ?? machine.UsableProcessors;
        var affinity = CountOf(Field(machine.Read("/proc/self/status"), "Cpus_allowed_list:"));
        var limit = new ControlGroups(machine.Read).Processors;
        var taken = threads > 0 ? threads : machine.UsableProcessors;
        string[] why =
        [
            .. affinity < logical ? [FormattableString.Invariant($"affinity {affinity}")] : (string[])[],
            .. limit is not null ? [FormattableString.Invariant($"the container's limit {limit:0.##}")] : (string[])[],
        ];
        var reasons = why.Length > 0 ? $" ({string.Join(", ", why)})" : "";
        var found = FormattableString.Invariant(
            $"{machine.UsableProcessors} of {logical} processors{reasons}; Fovea takes {taken} {(taken == 1 ? "thread" : "threads")}");

        // Threads that wait for one another are stopped in turns: fewer are faster.
        var whole = Math.Max(1, (int)(limit ?? taken));
        var set = machine.Host == HostSystem.Windows ? "set" : "export";
        return taken <= whole
            ? new(Topic, "threads", Verdict.Ok, found)
            : new(
                Topic, "threads", Verdict.Note, $"{found}, more than the limit keeps busy", "speed on the CPU",
                threads > 0 ? null : FormattableString.Invariant($"{set} DOTNET_PROCESSOR_COUNT={whole}"));
    }

    /// <summary>The rest of the line that begins so.</summary>
    private static string? Field(string? text, string name) =>
        text?.Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?[name.Length..];

    /// <summary>5 for "0-3,8"; null: not such a list.</summary>
    private static int? CountOf(string? list)
    {
        var count = 0;
        foreach (var range in (list ?? "").Trim().Split(','))
        {
            var ends = range.Split('-');
            if (ends.Length > 2 || Number(ends[^1]) - Number(ends[0]) is not { } more)
            {
                return null;
            }

            count += more + 1;
        }

        return count;
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
