namespace Fovea.Ops.Conv;

/// <summary>Several places in the workspace of one operation, each begun at a multiple of 256 bytes.</summary>
internal struct WorkspaceParts
{
    private const long Alignment = 256;

    /// <summary>Of all parts so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>A further part.</summary>
    /// <param name="bytes">Its length; 0 for a part that is not needed.</param>
    /// <returns>Its offset.</returns>
    public long Add(long bytes)
    {
        var offset = Bytes;
        Bytes += (bytes + Alignment - 1) / Alignment * Alignment;
        return offset;
    }
}
