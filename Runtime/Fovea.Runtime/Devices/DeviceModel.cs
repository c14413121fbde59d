using System.Runtime.CompilerServices;
using Fovea.CompilerServices;

namespace Fovea.Devices;

/// <summary>
/// A model's weights on a device. Inference sessions read them at the same time; whoever changes them holds the state alone.
/// One implementation for each backend.
/// </summary>
internal abstract class DeviceModel : IDisposable
{
    private readonly ReaderWriterLockSlim state = new(LockRecursionPolicy.SupportsRecursion);
    private readonly Lock folding = new();
    private readonly ConditionalWeakTable<RunLease, object?> leases = [];
    private long foldedVersion = -1;

    protected DeviceModel(DetectorProgram program)
    {
        Program = program;
        Lifetime = new Lifetime(program.Description.Name, Free);
    }

    public DetectorProgram Program { get; }

    /// <summary>Everything that reads or writes the model's memory, or a session's, takes a use.</summary>
    public Lifetime Lifetime { get; }

    /// <summary>Batches that have passed forward in training, as batch norms count them (num_batches_tracked).</summary>
    public long BatchesTracked { get; set; }

    /// <summary>The device in words: instruction set and threads.</summary>
    public abstract string DeviceDescription { get; }

    /// <summary>
    /// Whether the device works beside the host: then it is given images as bytes, and the next batch while a step runs.
    /// </summary>
    public virtual bool RunsAside => false;

    /// <summary>Memory that sessions could still take, in bytes.</summary>
    public abstract long FreeBytes { get; }

    /// <summary>Rises with every change of parameters or running statistics.</summary>
    protected abstract long StateVersion { get; }

    /// <summary>A session's arena on the device.</summary>
    public abstract IDeviceRun CreateRun(ExecutionPlan plan);

    /// <summary>What a plan's arena takes, in bytes.</summary>
    public virtual long BytesOf(ExecutionPlan plan) => plan.ArenaLength * sizeof(float);

    public void Read(StateBuffer buffer, int offset, Span<float> destination)
    {
        using var use = Lifetime.Use();
        ReadMemory(buffer, offset, destination);
    }

    public void Write(StateBuffer buffer, int offset, ReadOnlySpan<float> source)
    {
        using var use = Lifetime.Use();
        WriteMemory(buffer, offset, source);
    }

    /// <summary>Reserves optimiser state and sets it to 0: 1 momentum, 2 moments, 3 with AMSGrad.</summary>
    public void ResetMoments(int count)
    {
        using var use = Lifetime.Use();
        ClearMoments(count);
    }

    /// <summary>Averages begin with what the learned parameters and the running statistics are now.</summary>
    public void BeginAverages()
    {
        using var use = Lifetime.Use();
        CopyToAverages();
    }

    /// <summary>
    /// Learned parameters and running statistics become the averages, and the averages what those were: twice is as before, to the bit.
    /// Gradients are lost.
    /// </summary>
    public void ExchangeAverages()
    {
        EnterWrite();
        try
        {
            ExchangeWithAverages();
        }
        finally
        {
            StateChanged();
            ExitWrite();
        }
    }

    /// <summary>Whether the weights come from a checkpoint, a program or a training, and not from a seed: what may not be lost.</summary>
    public bool HasOwnWeights { get; set; }

    /// <summary>Seed of the first weights that it got last; 0 where it got none.</summary>
    public ulong Seed { get; set; }

    /// <summary>Parameters or running statistics have changed: what was derived from them is stale.</summary>
    public abstract void StateChanged();

    /// <summary>A use in which nobody changes the state.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed of.</exception>
    public void EnterRead()
    {
        Lifetime.Enter();
        try
        {
            state.EnterReadLock();
        }
        catch
        {
            Lifetime.Exit();
            throw;
        }
    }

    public void ExitRead()
    {
        state.ExitReadLock();
        Lifetime.Exit();
    }

    /// <summary>A use in which nobody else is at the state.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed of.</exception>
    public void EnterWrite()
    {
        Lifetime.Enter();
        try
        {
            state.EnterWriteLock();
        }
        catch
        {
            Lifetime.Exit();
            throw;
        }
    }

    public void ExitWrite()
    {
        state.ExitWriteLock();
        Lifetime.Exit();
    }

    /// <summary>
    /// Refreshes the folded weights where they are stale. Called with the state entered for reading: no session that read the older
    /// weights can still be running, and every session that starts with the new ones waits here.
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

    /// <summary>Waits for whoever is at work with the model or a session of it, then frees both.</summary>
    public void Dispose() => Lifetime.Close();

    /// <summary>A run that is freed with the model, unless it is before.</summary>
    public void Register(RunLease lease) => leases.Add(lease, null);

    /// <summary>A run that has been freed.</summary>
    public void Unregister(RunLease lease) => leases.Remove(lease);

    protected abstract void ReadMemory(StateBuffer buffer, int offset, Span<float> destination);

    protected abstract void WriteMemory(StateBuffer buffer, int offset, ReadOnlySpan<float> source);

    protected abstract void ClearMoments(int count);

    protected abstract void CopyToAverages();

    protected abstract void ExchangeWithAverages();

    /// <summary>Forms derived from the folded weights are stale.</summary>
    protected abstract void FoldedChanged();

    protected abstract void DisposeMemory();

    private void Free()
    {
        try
        {
            foreach (var (lease, _) in leases)
            {
                lease.Close();
            }
        }
        finally
        {
            DisposeMemory();
            state.Dispose();
        }
    }
}
