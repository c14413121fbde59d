using System.Diagnostics;
using Fovea.Gpu.Machines;
using Fovea.Gpu.Reporting;

namespace Fovea.Gpu.Running;

/// <summary>What a stage has: options, the machine, and where to write.</summary>
/// <param name="stage">The stage's name.</param>
/// <param name="options">The command line.</param>
/// <param name="journal">Takes entries.</param>
internal sealed class StageContext(string stage, GpuOptions options, Journal journal)
{
    /// <summary>What is written in place of a number over a recording driver.</summary>
    public const string NoNumbers = "no numbers: recording";

    private readonly long start = Stopwatch.GetTimestamp();

    /// <summary>The command line.</summary>
    public GpuOptions Options => options;

    /// <summary>What it runs on.</summary>
    public Machine Machine { get; } = new(options.Machine);

    /// <summary>Seconds since the stage began.</summary>
    public double Seconds => Stopwatch.GetElapsedTime(start).TotalSeconds;

    /// <summary>Records words.</summary>
    public void Tell(string item, string note, bool? ok = true, bool isDetail = false) => Add(item, ok, null, "", note, isDetail);

    /// <summary>Records a number that does not depend on a GPU.</summary>
    public void Count(string item, double value, string unit, string note = "", bool? ok = true, bool isDetail = false) =>
        Add(item, ok, value, unit, note, isDetail);

    /// <summary>Records a number that only arithmetic on a device gives: none over a recording driver.</summary>
    public void Result(string item, double value, string unit, bool ok, string note = "", bool isDetail = false)
    {
        if (Machine.HasNumbers)
        {
            Add(item, ok, value, unit, note, isDetail);
        }
        else
        {
            Tell(item, NoNumbers, null, isDetail);
        }
    }

    /// <summary>Records a time or what follows from one: only a real GPU has it.</summary>
    public void Time(string item, double value, string unit, string note = "", bool isDetail = false)
    {
        if (Machine.HasTimes)
        {
            Add(item, true, value, unit, note, isDetail);
        }
        else
        {
            Tell(item, Machine.HasNumbers ? "no times: simulated" : NoNumbers, null, isDetail);
        }
    }

    /// <summary>Records a failure.</summary>
    public void Fail(string item, Exception exception) => Add(item, false, null, "", Describe(exception), false);

    /// <summary>Does something; a failure is recorded and ends only this, unless the device is of no more use to the process.</summary>
    /// <returns>Whether it went well.</returns>
    public bool Try(string item, Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception e) when (!IsFatal(e))
        {
            Fail(item, e);
            return false;
        }
    }

    /// <summary>Whether the device, or its context, no longer works after this.</summary>
    public static bool IsFatal(Exception exception) => exception is CudaException
    {
        Failure: CudaFailure.DeviceLost or CudaFailure.Kernel or CudaFailure.NoDriver or CudaFailure.NoDevice,
    };

    /// <summary>Type and message in one line.</summary>
    public static string Describe(Exception exception)
    {
        var at = exception is NullReferenceException or IndexOutOfRangeException ? $" {exception.StackTrace}" : "";
        return $"{exception.GetType().Name}: {exception.Message}{at}".ReplaceLineEndings(" ");
    }

    private void Add(string item, bool? ok, double? value, string unit, string note, bool isDetail) =>
        journal.Add(new Entry(stage, item, ok, value, unit, note, isDetail));
}
