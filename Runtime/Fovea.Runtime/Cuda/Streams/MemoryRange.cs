namespace Fovea.Cuda;

/// <summary>Memory of the device that an operation reads or writes.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Bytes">Its length; 0 for an absent operand.</param>
internal readonly record struct MemoryRange(DeviceAddress Start, long Bytes)
{
    /// <summary>Whether both hold a byte.</summary>
    public bool Overlaps(in MemoryRange other) => Bytes > 0 && other.Bytes > 0
        && Start.Value < other.Start.Value + (ulong)other.Bytes && other.Start.Value < Start.Value + (ulong)Bytes;
}
