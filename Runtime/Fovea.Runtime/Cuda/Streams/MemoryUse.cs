namespace Fovea.Cuda;

/// <summary>What an operation does with memory.</summary>
/// <param name="reads">What it reads.</param>
/// <param name="writes">What it writes, perhaps after reading it.</param>
internal sealed class MemoryUse(MemoryRange[] reads, MemoryRange[] writes)
{
    /// <summary>Whether this must come after an earlier one: it reads or writes what that writes, or writes what that reads.</summary>
    public bool Follows(MemoryUse earlier) =>
        Overlap(writes, earlier.Writes) || Overlap(reads, earlier.Writes) || Overlap(writes, earlier.Reads);

    private MemoryRange[] Reads => reads;

    private MemoryRange[] Writes => writes;

    private static bool Overlap(MemoryRange[] some, MemoryRange[] others)
    {
        foreach (ref readonly var one in some.AsSpan())
        {
            foreach (ref readonly var other in others.AsSpan())
            {
                if (one.Overlaps(other))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
