using Fovea.Cuda;
using Fovea.CompilerServices;

namespace Fovea.Devices;

/// <summary>
/// What a training step has measured, copied to page-locked memory behind the step, so that the host waits once for all of it: Σ g²
/// (double), foreground counts [N], then each level's classification loss and each level's box loss (float32).
/// </summary>
/// <param name="context">The session's.</param>
internal sealed unsafe class StepReadout(CudaContext context) : IDisposable
{
    private nint host;
    private long hostBytes;

    /// <summary>Tells the device to copy the numbers, in the stream's order. Not while work is captured.</summary>
    public void Begin(TrainingPlan plan)
    {
        Reserve(sizeof(double) + ((plan.Images + (long)plan.ClassificationLoss.Levels + plan.BoxLoss.Levels) * sizeof(float)));
        var to = host;
        Copy(ref to, context.StepState.SquaredNorm.Address, sizeof(double));
        Copy(ref to, context.Ints(plan.Truth.Foreground).Address, plan.Images * (long)sizeof(int));
        Copy(ref to, context.Floats(plan.ClassificationLoss.Offset).Address, plan.ClassificationLoss.Levels * (long)sizeof(float));
        Copy(ref to, context.Floats(plan.BoxLoss.Offset).Address, plan.BoxLoss.Levels * (long)sizeof(float));
    }

    /// <summary>Waits for the stream, and with it for the step.</summary>
    public StepResult Wait(TrainingPlan plan)
    {
        context.Driver.SynchronizeStream(context.Stream);
        var matched = 0;
        foreach (var count in new ReadOnlySpan<int>((void*)(host + sizeof(double)), plan.Images))
        {
            matched += count;
        }

        var losses = (float*)(host + sizeof(double)) + plan.Images;
        return new StepResult(
            Sum(losses, plan.ClassificationLoss.Levels), Sum(losses + plan.ClassificationLoss.Levels, plan.BoxLoss.Levels),
            Math.Sqrt(*(double*)host) / context.LossScale, matched);
    }

    /// <summary>The stream is idle.</summary>
    public void Dispose()
    {
        if (hostBytes > 0)
        {
            context.Driver.FreeHost(host);
            (host, hostBytes) = (0, 0);
        }
    }

    private static double Sum(float* terms, int count)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += terms[i];
        }

        return sum;
    }

    private void Copy(ref nint to, DeviceAddress from, long bytes)
    {
        context.Driver.CopyToHost(to, from, bytes, context.Stream);
        to += (nint)bytes;
    }

    private void Reserve(long bytes)
    {
        if (bytes > hostBytes)
        {
            Dispose();
            (host, hostBytes) = (context.Driver.AllocateHost(bytes, "hostResults"), bytes);
        }
    }
}
