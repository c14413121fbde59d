using Fovea.CompilerServices;

namespace Fovea.Cpu;

/// <summary>The form in which a kernel reads a convolution's weights.</summary>
internal enum PackedForm : byte
{
    /// <summary>Forward, panels of output channels.</summary>
    Forward,

    /// <summary>Backward with respect to data: transposed, rotated.</summary>
    BackwardData,

    /// <summary>Winograd-transformed for forward.</summary>
    WinogradForward,

    /// <summary>Winograd-transformed for backward with respect to data.</summary>
    WinogradBackwardData,
}

/// <summary>Which packed weights: their source, their form, and the columns of a panel (which differ between instruction sets).</summary>
internal readonly record struct PackedKey(ParameterStorage Storage, int Weight, PackedForm Form, int PanelColumns);

/// <summary>Makes a packed form.</summary>
internal unsafe interface IWeightPacker
{
    /// <summary>Fills <paramref name="destination"/> from the weights.</summary>
    void Pack(WorkerPool pool, float* destination);
}

/// <summary>Packed weights by source and form. Made under a lock, once for each version.</summary>
internal sealed unsafe class PackedWeights : IDisposable
{
    private readonly Dictionary<PackedKey, Entry> entries = [];
    private readonly Lock gate = new();

    /// <summary>
    /// The packed form; calls <paramref name="packer"/> where it is missing or of another version than <paramref name="version"/>.
    /// </summary>
    public float* Get<TPacker>(in PackedKey key, long length, long version, WorkerPool pool, ref TPacker packer)
        where TPacker : struct, IWeightPacker
    {
        lock (gate)
        {
            if (!entries.TryGetValue(key, out var entry) || entry.Buffer.Length < length)
            {
                var buffer = entry?.Buffer;
                NativeBuffer.Grow(ref buffer, length);
                entry = entries[key] = new Entry(buffer);
            }

            if (entry.Version != version)
            {
                packer.Pack(pool, entry.Buffer.Pointer);
                entry.Version = version;
            }

            return entry.Buffer.Pointer;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var entry in entries.Values)
            {
                entry.Buffer.Dispose();
            }

            entries.Clear();
        }
    }

    private sealed class Entry(NativeBuffer buffer)
    {
        public NativeBuffer Buffer { get; } = buffer;

        public long Version { get; set; }
    }
}
