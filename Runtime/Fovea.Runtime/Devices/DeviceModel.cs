using Fovea.CompilerServices;

namespace Fovea.Devices;

/// <summary>
/// A model's weights on a device. Inference sessions read them at the same time; whoever changes them holds the state alone.
/// One implementation for each backend.
/// </summary>
internal abstract class DeviceModel(DetectorProgram program) : IDisposable
{
    private readonly ReaderWriterLockSlim state = new(LockRecursionPolicy.SupportsRecursion);
    private readonly Lock folding = new();
    private long foldedVersion = -1;

    public DetectorProgram Program { get; } = program;

    /// <summary>Batches that have passed forward in training, as batch norms count them (num_batches_tracked).</summary>
    public long BatchesTracked { get; set; }

    /// <summary>The device in words: instruction set and threads.</summary>
    public abstract string DeviceDescription { get; }

    /// <summary>
    /// Whether the device works beside the host: then it is given images as bytes, and the next batch while a step runs.
    /// </summary>
    public virtual bool RunsAside => false;

    /// <summary>Rises with every change of parameters or running statistics.</summary>
    protected abstract long StateVersion { get; }

    /// <summary>A session's arena on the device.</summary>
    public abstract IDeviceRun CreateRun(ExecutionPlan plan);

    public abstract void Read(StateBuffer buffer, int offset, Span<float> destination);

    public abstract void Write(StateBuffer buffer, int offset, ReadOnlySpan<float> source);

    /// <summary>Reserves optimiser state and sets it to 0: 1 momentum, 2 moments, 3 with AMSGrad.</summary>
    public abstract void ResetMoments(int count);

    /// <summary>Parameters or running statistics have changed: what was derived from them is stale.</summary>
    public abstract void StateChanged();

    public void EnterRead() => state.EnterReadLock();

    public void ExitRead() => state.ExitReadLock();

    public void EnterWrite() => state.EnterWriteLock();

    public void ExitWrite() => state.ExitWriteLock();

    /// <summary>
    /// Refreshes the folded weights where they are stale. Called with the state entered for reading: no session that read the older
    /// weights can still be running,
    /// and every session that starts with the new ones waits here.
    /// </summary>
    public void EnsureFolded(IDeviceRun run)
    {
        var version = StateVersion;
        if (Volatile.Read(ref foldedVersion) == version)
        {
            return;
        }

        lock (folding)
        {
            if (foldedVersion != version)
            {
                run.Fold();
                FoldedChanged();
                Volatile.Write(ref foldedVersion, version);
            }
        }
    }

    public void Dispose()
    {
        DisposeMemory();
        state.Dispose();
    }

    /// <summary>Forms derived from the folded weights are stale.</summary>
    protected abstract void FoldedChanged();

    protected abstract void DisposeMemory();
}
