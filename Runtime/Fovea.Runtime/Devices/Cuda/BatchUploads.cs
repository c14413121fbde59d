using Fovea.CompilerServices;
using Fovea.Cuda;

namespace Fovea.Devices;

/// <summary>
/// Brings batches to a training session: while a step reads one batch, the next is copied to the other of two slots on a stream of its own.
/// A step's input lies at fixed addresses, where a captured graph reads it; a slot is written there when its step's turn has come.
/// </summary>
/// <param name="context">The session's.</param>
internal sealed class BatchUploads(CudaContext context) : IDisposable
{
    private readonly BatchSlot[] slots = [new(context), new(context)];
    private CudaStream? copies;
    private int placed;

    private BatchSlot Next => slots[1 - placed];

    /// <summary>Begins to copy a batch, in place of one that was begun and not placed.</summary>
    /// <param name="batch">May change when this returns.</param>
    /// <param name="capacity">Of the plan: boxes that fit for each image.</param>
    public void Begin(Batch batch, int capacity) => Next.Take(batch, capacity, copies ??= context.Driver.CreateStream());

    /// <summary>Writes a batch to the plan's input and ground truth, whether its copy was begun before or not.</summary>
    public void Place(TrainingPlan plan, Batch batch)
    {
        if (!Next.Holds(batch, plan.Truth.Capacity))
        {
            Begin(batch, plan.Truth.Capacity);
        }

        var slot = Next;
        placed = 1 - placed;
        slot.Place(plan, batch);
    }

    /// <summary>The session's stream has been waited for.</summary>
    public void StreamIsIdle()
    {
        foreach (var slot in slots)
        {
            slot.StreamIsIdle();
        }
    }

    /// <summary>Waits for copies on their way and gives everything back; the session's stream is idle.</summary>
    public void Dispose()
    {
        if (copies is { } stream)
        {
            context.Driver.SynchronizeStream(stream);
            foreach (var slot in slots)
            {
                slot.Dispose();
            }

            context.Driver.DestroyStream(stream);
            copies = null;
        }
    }
}
