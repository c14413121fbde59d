using System.Runtime.InteropServices;
using Fovea.Cuda;

namespace Fovea.TestSupport;

public sealed unsafe partial class RecordingCudaDriver
{
    private readonly RecordedAllocations device = new("alloc");
    private readonly RecordedAllocations host = new("host");

    // ---- memory -----------------------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public DeviceAddress Allocate(long bytes) => Reserve(bytes, null);

    /// <summary>Device memory that the log calls by its name; a later one of the same name has a number, too: arena, arena2.</summary>
    /// <inheritdoc/>
    public DeviceAddress Allocate(long bytes, string name) => Reserve(bytes, name);

    /// <inheritdoc/>
    public void Free(DeviceAddress address)
    {
        using var scope = EnterUncaptured(nameof(Free));
        Log($"free {device.Remove(address.Value, nameof(Free)).Name}");
    }

    /// <inheritdoc/>
    public nint AllocateHost(long bytes) => ReserveHost(bytes, null);

    /// <inheritdoc/>
    public nint AllocateHost(long bytes, string name) => ReserveHost(bytes, name);

    /// <inheritdoc/>
    public void FreeHost(nint address)
    {
        using var scope = EnterUncaptured(nameof(FreeHost));
        var block = host.Remove((ulong)address, nameof(FreeHost));
        NativeMemory.AlignedFree((void*)address);
        Log($"free {block.Name}");
    }

    /// <inheritdoc/>
    public void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream)
    {
        using var scope = Enter(nameof(CopyToDevice));
        var on = Submit(stream, nameof(CopyToDevice));
        var to = Touch(on, destination.Value, bytes, nameof(CopyToDevice));
        Log($"copy {to} <- {HostPlace(on, source, bytes, nameof(CopyToDevice))}, {bytes} bytes, {on.Name}");
    }

    /// <inheritdoc/>
    public void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        using var scope = Enter(nameof(CopyToHost));
        var on = Submit(stream, nameof(CopyToHost));
        var from = Touch(on, source.Value, bytes, nameof(CopyToHost));
        Log($"copy {HostPlace(on, destination, bytes, nameof(CopyToHost))} <- {from}, {bytes} bytes, {on.Name}");
        if (on.Capture is { } capture)
        {
            capture.Read.Add((destination, bytes));
        }
        else
        {
            NativeMemory.Clear((void*)destination, (nuint)bytes);
        }
    }

    /// <inheritdoc/>
    public void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        using var scope = Enter(nameof(CopyOnDevice));
        var on = Submit(stream, nameof(CopyOnDevice));
        var from = Touch(on, source.Value, bytes, nameof(CopyOnDevice));
        Log($"copy {Touch(on, destination.Value, bytes, nameof(CopyOnDevice))} <- {from}, {bytes} bytes, {on.Name}");
    }

    /// <inheritdoc/>
    public void Fill(DeviceAddress destination, uint value, long words, CudaStream stream)
    {
        using var scope = Enter(nameof(Fill));
        var on = Submit(stream, nameof(Fill));
        if (destination.Value % sizeof(uint) != 0)
        {
            throw Misuse($"Fill: expected an address that is a multiple of 4, found {Touch(on, destination.Value, 1, nameof(Fill))}.");
        }

        Log($"fill {Touch(on, destination.Value, words * sizeof(uint), nameof(Fill))} with 0x{value:X8}, {words} words, {on.Name}");
    }

    /// <summary>Writes down work that another library than the driver gives to a stream; a capture counts it as one node.</summary>
    /// <param name="stream">Takes the work.</param>
    /// <param name="call">The library's call, for messages.</param>
    /// <param name="describe">
    /// The line; it names device memory by the function that it gets (address and bytes), which refuses what was freed or ends too early.
    /// </param>
    internal void Record(CudaStream stream, string call, Func<Func<DeviceAddress, long, string>, string> describe)
    {
        using var scope = Enter(call);
        var on = Submit(stream, call);
        Log($"{describe((address, bytes) => Touch(on, address.Value, bytes, call))}, {on.Name}");
    }

    private DeviceAddress Reserve(long bytes, string? name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        using var scope = EnterUncaptured(nameof(Allocate));
        var free = Device.MemoryBytes - device.BytesInUse;
        if (bytes > free)
        {
            throw new CudaException(
                CudaFailure.OutOfMemory,
                FormattableString.Invariant($"Allocate: expected {bytes} bytes, found {free} free of {Device.MemoryBytes}."));
        }

        var block = device.Add(bytes, name);
        Log($"allocate {block.Name}, {bytes} bytes");
        return new DeviceAddress(block.Address);
    }

    private nint ReserveHost(long bytes, string? name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        using var scope = EnterUncaptured(nameof(AllocateHost));
        var address = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 256);
        NativeMemory.Clear((void*)address, (nuint)bytes);
        Log($"allocate {host.Add((ulong)address, bytes, name).Name}, {bytes} bytes of page-locked host memory");
        return address;
    }

    /// <summary>Names device memory that work on a stream uses, after making sure that it is there; a capture notes it.</summary>
    private string Touch(RecordedStream on, ulong address, long bytes, string call)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var block = device.Require(address, bytes, call);
        on.Capture?.Touched.Add(block);
        return block.At(address);
    }

    /// <summary>Names host memory. A graph runs when the caller's arrays may have moved, so its copies need page-locked memory.</summary>
    private string HostPlace(RecordedStream on, nint address, long bytes, string call)
    {
        if (host.Find((ulong)address) is { IsLive: true })
        {
            var block = host.Require((ulong)address, bytes, call);
            on.Capture?.Touched.Add(block);
            return block.At((ulong)address);
        }

        return on.Capture is null
            ? "host memory"
            : throw Misuse(
                $"{call}: {on.Name} is being captured; expected page-locked memory, found memory that may move. Use AllocateHost.");
    }

    private void ReleaseHost()
    {
        foreach (var address in host.LiveAddresses)
        {
            NativeMemory.AlignedFree((void*)address);
        }
    }
}
