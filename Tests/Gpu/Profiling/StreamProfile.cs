using System.Globalization;
using Fovea.Cuda;

namespace Fovea.Gpu.Profiling;

/// <summary>What one name took on the device.</summary>
/// <param name="Name">A kernel, a convolution's shape, a copy.</param>
/// <param name="Count">How often it ran.</param>
/// <param name="Milliseconds">All runs together.</param>
internal sealed record ProfileLine(string Name, int Count, double Milliseconds);

/// <summary>
/// Marks a stream after everything that is given to it: the time between two marks is what came between them, the wait for the host
/// included where that is the slower one.
/// </summary>
/// <param name="driver">Makes the marks.</param>
internal sealed class StreamProfile(ICudaDriver driver) : IDisposable
{
    private readonly List<CudaEvent> events = [];
    private readonly List<string> names = [];

    /// <summary>Whether marks are made.</summary>
    public bool IsOn { get; set; }

    /// <summary>Marks the end of something.</summary>
    public void Mark(string name, CudaStream stream)
    {
        if (!IsOn)
        {
            return;
        }

        if (names.Count == events.Count)
        {
            events.Add(driver.CreateEvent(timing: true));
        }

        driver.RecordEvent(events[names.Count], stream);
        names.Add(name);
    }

    /// <summary>What was marked since <see cref="IsOn"/> was set, the most expensive first; the device must have ended it.</summary>
    public IReadOnlyList<ProfileLine> Lines() =>
    [
        .. Enumerable.Range(1, Math.Max(0, names.Count - 1))
            .Select(i => (Name: names[i], Time: (double)driver.ElapsedMilliseconds(events[i - 1], events[i])))
            .GroupBy(mark => mark.Name, StringComparer.Ordinal)
            .Select(group => new ProfileLine(group.Key, group.Count(), group.Sum(mark => mark.Time)))
            .OrderByDescending(line => line.Milliseconds),
    ];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var marker in events)
        {
            driver.DestroyEvent(marker);
        }

        events.Clear();
        names.Clear();
    }

    /// <summary>A part of the whole in per cent, for notes.</summary>
    public static string Share(double part, double whole) => string.Create(CultureInfo.InvariantCulture, $"{100 * part / whole:F1} %");
}
