using Fovea.CompilerServices;
using Fovea.Cuda;
using Fovea.Ops.Input;

namespace Fovea.Devices;

/// <summary>
/// One of the places where a batch waits for its step: page-locked memory that the host fills, and device memory that it is copied to on a
/// stream of its own. Two events order it: the step's stream waits for the copy, and the next copy waits for what reads this one.
/// </summary>
/// <param name="context">The session's.</param>
internal sealed class BatchSlot(CudaContext context) : IDisposable
{
    private readonly ICudaDriver driver = context.Driver;
    private readonly ImageInput images = new(context);
    private readonly BatchLayout layout = new();
    private readonly DeviceMemory device = new(context.Driver, "batch");
    private nint host;
    private long hostBytes;
    private CudaEvent? copied;
    private CudaEvent? read;
    private Batch? held;
    private int version;
    private int capacity;
    private bool hostIsBusy;
    private bool wasRead;
    private bool isPlaced;

    /// <summary>Whether it holds this batch as it is now, for a plan of this capacity.</summary>
    public bool Holds(Batch batch, int boxesPerImage) => held == batch && version == batch.Version && capacity == boxesPerImage;

    /// <summary>Takes a batch and begins to copy it. The batch may change when this returns.</summary>
    /// <param name="batch">At most <paramref name="boxesPerImage"/> boxes in each image.</param>
    /// <param name="boxesPerImage">The plan's capacity.</param>
    /// <param name="copies">The stream that copies.</param>
    public void Take(Batch batch, int boxesPerImage, CudaStream copies)
    {
        // Whatever goes wrong below, the slot does not pretend to hold a batch.
        (held, isPlaced) = (null, false);
        copied ??= driver.CreateEvent(timing: false);
        read ??= driver.CreateEvent(timing: false);
        WaitForHost();
        layout.Set(batch, boxesPerImage);
        Reserve(layout.Bytes);
        layout.Fill(batch, host);
        if (wasRead)
        {
            driver.WaitEvent(copies, read.Value);
        }

        driver.CopyToDevice(device.Address, host, layout.Bytes, copies);
        driver.RecordEvent(copied.Value, copies);
        hostIsBusy = true;
        (held, version, capacity) = (batch, batch.Version, boxesPerImage);
    }

    /// <summary>Writes the batch that it holds to the plan's input and ground truth, in the session's stream's order.</summary>
    public void Place(TrainingPlan plan, Batch batch)
    {
        held = null;
        driver.WaitEvent(context.Stream, copied!.Value);
        isPlaced = true;

        // What the stream has been told to read must not be overwritten, even if not everything could be told.
        try
        {
            Copy(plan, batch);
        }
        finally
        {
            driver.RecordEvent(read!.Value, context.Stream);
            wasRead = true;
        }
    }

    /// <summary>The session's stream has been waited for: what was placed has been copied for certain.</summary>
    public void StreamIsIdle() => hostIsBusy &= !isPlaced;

    /// <summary>Gives everything back; the session's stream and the one that copies are idle.</summary>
    public void Dispose()
    {
        FreeHost();
        device.Dispose();
        foreach (var marker in (CudaEvent?[])[copied, read])
        {
            if (marker is { } one)
            {
                driver.DestroyEvent(one);
            }
        }

        (copied, read, held, hostIsBusy, wasRead) = (null, null, null, false, false);
    }

    private void Copy(TrainingPlan plan, Batch batch)
    {
        var (truth, from) = (plan.Truth, device.Address);
        long count = truth.Images, boxes = count * truth.Capacity;
        driver.CopyOnDevice(context.Ints(truth.Counts).Address, from, count * sizeof(int), context.Stream);
        driver.CopyOnDevice(context.Ints(truth.Classes).Address, from + layout.Classes, boxes * sizeof(int), context.Stream);
        driver.CopyOnDevice(context.Floats(truth.Boxes).Address, from + layout.Boxes, boxes * 4 * sizeof(float), context.Stream);
        for (var i = 0; i < batch.Count; i++)
        {
            var image = from + layout.ImageAt(i);
            if (batch.SourceOf(i) is null)
            {
                var canvas = plan.Input.ImageAt(i);
                context.Kernels.ToValues.Launch(context.Spread(canvas.Length, 8), new(image), context.Values(canvas), canvas.Length);
            }
            else
            {
                images.Write(plan.Input, i, new DevicePointer<byte>(image), batch.Placements[i], batch.AffineOf(i));
            }
        }
    }

    private void Reserve(long bytes)
    {
        if (!device.Holds(bytes))
        {
            if (wasRead)
            {
                driver.SynchronizeEvent(read!.Value);
            }

            device.Reserve(bytes);
        }

        if (bytes > hostBytes)
        {
            // As much as the device's: batches of one data set differ, and page-locked memory is slow to come by.
            FreeHost();
            var rounded = bytes + (bytes / 4);
            (host, hostBytes) = (driver.AllocateHost(rounded, "hostBatch"), rounded);
        }
    }

    private void WaitForHost()
    {
        if (hostIsBusy)
        {
            driver.SynchronizeEvent(copied!.Value);
            hostIsBusy = false;
        }
    }

    private void FreeHost()
    {
        if (hostBytes > 0)
        {
            driver.FreeHost(host);
            (host, hostBytes) = (0, 0);
        }
    }
}
