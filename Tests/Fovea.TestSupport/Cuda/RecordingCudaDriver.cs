using System.Collections.Concurrent;
using System.Globalization;
using Fovea.Cuda;

namespace Fovea.TestSupport;

/// <summary>
/// A driver without a GPU: it writes down every call as a line, in order, and computes nothing; copying to the host gives zeros. Addresses
/// read as arena+256, by the name that memory was allocated with, or as alloc3+256, so a log is the same in every run. What CUDA forbids,
/// or would quietly do wrongly, throws: work outside a context, memory that was freed or ends too early, a wait for an event that was never
/// recorded, allocation and synchronisation during capture, captured streams that do not join, blocks and shared memory beyond what the
/// kernel or the device has.
/// </summary>
public sealed partial class RecordingCudaDriver : ICudaDriver
{
    private readonly List<string> calls = [];
    private readonly ConcurrentDictionary<int, bool> threads = new();
    private readonly Dictionary<nint, string> handles = [];
    private readonly Lock gate = new();
    private bool isOpen;
    private bool disposed;
    private nint lastHandle;

    /// <summary>What the one device is; fictitious, of compute capability 9.0, unless set.</summary>
    public CudaDeviceInfo Device { get; init; } = new(0, "Recorded device", 9, 0, 132, 80L << 30, 227 << 10);

    /// <summary>The calls so far, one line each.</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (gate)
            {
                return [.. calls];
            }
        }
    }

    /// <summary>What was made and not given back: memory, streams, events, modules, graphs.</summary>
    public IReadOnlyList<string> Leaks
    {
        get
        {
            lock (gate)
            {
                return [.. device.Live, .. host.Live, .. handles.Values];
            }
        }
    }

    /// <summary>Device memory that is allocated.</summary>
    public long BytesInUse => device.BytesInUse;

    /// <summary>The most device memory that was ever allocated at one time.</summary>
    public long PeakBytes => device.PeakBytes;

    /// <summary>Forgets the calls so far; memory, streams and everything else stay.</summary>
    public void ClearCalls()
    {
        lock (gate)
        {
            calls.Clear();
        }
    }

    // ---- device and context -----------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public event Action? Disposing;

    /// <inheritdoc/>
    public string Description => "a recording driver, no GPU";

    /// <inheritdoc/>
    public int DeviceCount
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return 1;
        }
    }

    /// <inheritdoc/>
    public CudaDeviceInfo GetDevice(int ordinal)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return ordinal == 0
            ? Device
            : throw new CudaException(
                CudaFailure.NoDevice, FormattableString.Invariant($"CUDA device {ordinal}: expected 0, as there is one."));
    }

    /// <inheritdoc/>
    public void OpenContext(int ordinal)
    {
        var info = GetDevice(ordinal);
        lock (gate)
        {
            if (isOpen)
            {
                throw new InvalidOperationException("OpenContext: this driver has a context already; use one driver for each device.");
            }

            isOpen = true;
            Log($"open context on {info}");
        }

        MakeCurrent();
    }

    /// <inheritdoc/>
    public int? OpenDevice => isOpen ? Device.Ordinal : null;

    /// <inheritdoc/>
    public void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (!isOpen)
        {
            throw new InvalidOperationException("MakeCurrent: expected an open context, found none. Call OpenContext first.");
        }

        threads[Environment.CurrentManagedThreadId] = true;
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
        // It waits for all streams, whoever captures one.
        using var scope = EnterUncaptured(nameof(Synchronize), _ => true);
        Log($"synchronize");
    }

    /// <inheritdoc/>
    public CudaMemoryInfo GetMemory()
    {
        using var scope = Enter(nameof(GetMemory));
        return new CudaMemoryInfo(Device.MemoryBytes - device.BytesInUse, Device.MemoryBytes);
    }

    /// <summary>Ends the context. <see cref="Leaks"/> then tells what was not given back.</summary>
    public void Dispose()
    {
        Disposing?.Invoke();
        lock (gate)
        {
            if (!disposed)
            {
                disposed = true;
                ReleaseHost();
                Log($"close");
            }
        }
    }

    // ---- the log and the rules ------------------------------------------------------------------------------------------------------

    private static CudaException Misuse(FormattableString message) => new(CudaFailure.Call, FormattableString.Invariant(message));

    private void Log(FormattableString line) => calls.Add(FormattableString.Invariant(line));

    private Lock.Scope Enter(string call)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return threads.ContainsKey(Environment.CurrentManagedThreadId)
            ? gate.EnterScope()
            : throw Misuse($"{call}: expected a context current on this thread, found none. Call OpenContext, then MakeCurrent here.");
    }

    /// <summary>For calls that reach around streams: a capture of this thread's forbids them.</summary>
    private Lock.Scope EnterUncaptured(string call) =>
        EnterUncaptured(call, capture => capture.Thread == Environment.CurrentManagedThreadId);

    private Lock.Scope EnterUncaptured(string call, Predicate<RecordedCapture> forbids)
    {
        var scope = Enter(call);
        if (captures.Find(forbids) is not { } capture)
        {
            return scope;
        }

        scope.Dispose();
        throw Misuse($"{call}: {capture.Origin.Name} is being captured, which forbids it. Call it before or after the capture.");
    }

    /// <summary>A handle for something new, which the log calls by its kind and number.</summary>
    private (nint Handle, string Name) NewHandle(string kind, Dictionary<string, int> counters)
    {
        var number = counters.GetValueOrDefault(kind);
        counters[kind] = number + 1;
        var name = string.Create(CultureInfo.InvariantCulture, $"{kind}{number}");
        handles.Add(++lastHandle, name);
        return (lastHandle, name);
    }

    private static T Require<T>(Dictionary<nint, T> all, nint handle, string kind, string call) =>
        all.TryGetValue(handle, out var one)
            ? one
            : throw Misuse($"{call}: expected this driver's handle of a living {kind}, found {handle}, which is none.");
}
