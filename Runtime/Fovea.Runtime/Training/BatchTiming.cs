using System.Diagnostics;
using Fovea.Devices;

namespace Fovea.Training;

/// <summary>How long a batch takes, reading included.</summary>
internal static class BatchTiming
{
    private const int Enough = 12;

    /// <summary>The first ones load code, take memory and, on CUDA, capture.</summary>
    private const int Warming = 2;

    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(10);

    /// <summary>Times forward and backward of some batches. Weights and running statistics are the same afterwards.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="batches">An epoch's.</param>
    /// <param name="sessionFor">A session of the batch's measures.</param>
    /// <returns>Seconds for each.</returns>
    public static double Measure(DeviceModel model, IEnumerable<Batch> batches, Func<Batch, TrainingSession> sessionFor)
    {
        var (statistics, tracked) = (new float[model.Program.Description.StatisticsLength], model.BatchesTracked);
        DetectorState.ReadStatistics(model, statistics);
        var (times, clock) = (new List<double>(), Stopwatch.StartNew());
        try
        {
            foreach (var batch in batches.Take(Enough))
            {
                var session = sessionFor(batch);
                session.SetBatch(batch);
                session.ForwardBackward();
                times.Add(clock.Elapsed.TotalSeconds - times.Sum());
                if (clock.Elapsed > LongEnough)
                {
                    break;
                }
            }
        }
        finally
        {
            DetectorState.WriteStatistics(model, statistics);
            model.BatchesTracked = tracked;
        }

        return times.Count > Warming ? times.Skip(Warming).Average() : times.Min();
    }
}
