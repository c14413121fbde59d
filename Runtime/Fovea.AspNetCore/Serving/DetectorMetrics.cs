using System.Diagnostics.Metrics;

namespace Fovea.AspNetCore.Serving;

/// <summary>What a served detector counts; names and units after OpenTelemetry's conventions.</summary>
internal sealed class DetectorMetrics
{
    /// <summary>The meter of all served detectors.</summary>
    public const string MeterName = "Fovea.AspNetCore";

    // Seconds: from a small network on a GPU to a large one on one core.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private readonly KeyValuePair<string, object?> name;
    private readonly Counter<long> requests;
    private readonly Counter<long> detections;
    private readonly UpDownCounter<long> active;
    private readonly UpDownCounter<long> queued;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> queueDuration;

    /// <param name="factory">Of the application; it disposes of its meters.</param>
    /// <param name="detector">The tag <c>fovea.detector.name</c> of all measurements.</param>
    public DetectorMetrics(IMeterFactory factory, string detector)
    {
        name = new("fovea.detector.name", detector);
        var meter = factory.Create(MeterName);
        requests = meter.CreateCounter<long>("fovea.detector.requests", "{request}", "Requests that ended, by status; 499: the client left.");
        detections = meter.CreateCounter<long>("fovea.detector.detections", "{detection}", "Objects that answers told of, by class.");
        active = meter.CreateUpDownCounter<long>("fovea.detector.active_requests", "{request}", "Requests that upload, wait or are worked at.");
        queued = meter.CreateUpDownCounter<long>("fovea.detector.queued_requests", "{request}", "Pictures that wait for a place.");
        duration = meter.CreateHistogram(
            "fovea.detector.duration", "s", "Decoding, detecting and, where asked for, drawing one picture.", advice: Seconds);
        queueDuration = meter.CreateHistogram("fovea.detector.queue.duration", "s", "How long a picture waited for a place.", advice: Seconds);
    }

    public void Admitted() => active.Add(1, name);

    public void Left() => active.Add(-1, name);

    public void Queued() => queued.Add(1, name);

    public void Dequeued(TimeSpan waited)
    {
        queued.Add(-1, name);
        queueDuration.Record(waited.TotalSeconds, name);
    }

    public void Worked(TimeSpan time, IReadOnlyList<FoundObject> found)
    {
        duration.Record(time.TotalSeconds, name);
        foreach (var f in found)
        {
            detections.Add(1, name, new("fovea.class", f.Class));
        }
    }

    public void Ended(int status) => requests.Add(1, name, new("http.response.status_code", status));
}
