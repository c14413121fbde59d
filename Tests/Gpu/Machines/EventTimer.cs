using System.Diagnostics;
using Fovea.Cuda;

namespace Fovea.Gpu.Machines;

/// <summary>Times work on a stream by events: what the device needs, not what the host waits.</summary>
internal sealed class EventTimer : IDisposable
{
    private const double PerMeasurement = 2;
    private readonly ICudaDriver driver;
    private readonly CudaStream stream;
    private readonly CudaEvent start;
    private readonly CudaEvent end;

    /// <summary>For a stream of a driver.</summary>
    public EventTimer(ICudaDriver driver, CudaStream stream)
    {
        (this.driver, this.stream) = (driver, stream);
        (start, end) = (driver.CreateEvent(timing: true), driver.CreateEvent(timing: true));
    }

    /// <summary>The median of several measurements, each of as many runs as take about 2 ms; the first runs are not counted.</summary>
    /// <param name="measurements">How many.</param>
    /// <param name="work">Gives the work to the stream.</param>
    /// <returns>Milliseconds of one run.</returns>
    public double Median(int measurements, Action work)
    {
        work();
        var once = Measure(1, work);
        var repetitions = (int)Math.Clamp(PerMeasurement / Math.Max(once, 0.01), 1, 50);
        var times = new double[measurements];
        for (var i = 0; i < measurements; i++)
        {
            times[i] = Measure(repetitions, work);
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    /// <summary>The median of what a host waits for: work that ends with its results.</summary>
    /// <param name="warm">Runs that are not counted.</param>
    /// <param name="runs">Runs that are.</param>
    /// <param name="work">Ends when the device has ended.</param>
    /// <returns>Milliseconds of one run.</returns>
    public static double MedianOfHost(int warm, int runs, Action work)
    {
        for (var i = 0; i < warm; i++)
        {
            work();
        }

        var times = new double[runs];
        for (var i = 0; i < runs; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            work();
            times[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        driver.DestroyEvent(start);
        driver.DestroyEvent(end);
    }

    private double Measure(int repetitions, Action work)
    {
        driver.RecordEvent(start, stream);
        for (var i = 0; i < repetitions; i++)
        {
            work();
        }

        driver.RecordEvent(end, stream);
        driver.SynchronizeEvent(end);
        return driver.ElapsedMilliseconds(start, end) / repetitions;
    }
}
