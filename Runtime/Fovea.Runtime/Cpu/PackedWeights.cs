using Fovea.Tensors;

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

/// <summary>Packed weights by source and form. Made under a lock, once for each version; read without one.</summary>
internal sealed class PackedWeights : IDisposable
{
    private readonly Dictionary<(ParameterStorage Storage, int Weight, PackedForm Form), Entry> entries = [];
    private readonly Lock gate = new();

    /// <summary>Fills <paramref name="destination"/> from the weights.</summary>
    public delegate void Pack<TState>(in ConvParameters w, TState state, NativeBuffer destination);

    /// <summary>The packed form of <paramref name="w"/>; calls <paramref name="pack"/> where it is missing or older than <paramref name="version"/>.</summary>
    public NativeBuffer Get<TState>(in ConvParameters w, PackedForm form, long length, long version, TState state, Pack<TState> pack)
    {
        var key = (w.Storage, w.Weight, form);
        lock (gate)
        {
            if (!entries.TryGetValue(key, out var entry) || entry.Buffer.Length < length)
            {
                entry?.Buffer.Dispose();
                entry = new Entry(new NativeBuffer(length));
                entries[key] = entry;
            }

            if (entry.Version != version)
            {
                pack(w, state, entry.Buffer);
                entry.Version = version;
            }

            return entry.Buffer;
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
