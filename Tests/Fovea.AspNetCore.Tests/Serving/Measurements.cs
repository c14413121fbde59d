using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>Listens to one application's meters.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentQueue<(string Name, string? Unit, double Value, string Tags)> heard = new();

    public Measurements(IServiceProvider services)
    {
        var scope = services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "Fovea.AspNetCore" && ReferenceEquals(instrument.Meter.Scope, scope))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        listener.Start();
    }

    /// <summary>The values of an instrument, in order, whose tags, written "a=1 b=2" without the detector's, begin so.</summary>
    public IReadOnlyList<double> Of(string name, string tags = "") =>
        [.. heard.Where(m => m.Name == name && m.Tags.StartsWith(tags, StringComparison.Ordinal)).Select(m => m.Value)];

    public double Sum(string name, string tags = "") => Of(name, tags).Sum();

    /// <summary>Waits until the sum is this.</summary>
    public async Task BecomesAsync(double expected, string name, string tags = "")
    {
        for (var i = 0; i < 600 && Sum(name, tags) != expected; i++)
        {
            await Task.Delay(50);
        }

        Assert.Equal(expected, Sum(name, tags));
    }

    public void Dispose() => listener.Dispose();

    private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Assert.Contains(new("fovea.detector.name", "TileDetector"), tags.ToArray());
        var others = string.Join(' ', tags.ToArray().Where(t => t.Key != "fovea.detector.name").Select(t => $"{t.Key}={t.Value}"));
        heard.Enqueue((instrument.Name, instrument.Unit, value, others));
    }
}
