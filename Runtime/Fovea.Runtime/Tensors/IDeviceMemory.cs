namespace Fovea.CompilerServices;

/// <summary>
/// The host's way into a session's arena: what handles stand for, written and read. On whatever thread has the session. No operator of the
/// network: generated code knows nothing of it.
/// </summary>
internal interface IDeviceMemory
{
    /// <summary>Copies host values into a map, in the type in which the device stores them.</summary>
    void Write(FeatureMap map, ReadOnlySpan<float> source);

    /// <summary>Copies a map's values to the host.</summary>
    void Read(FeatureMap map, Span<float> destination);

    /// <summary>Copies host numbers into a record of the arena.</summary>
    void Write(long offset, ReadOnlySpan<float> source);

    /// <summary>Copies host integers into a record of the arena (one element each).</summary>
    void Write(long offset, ReadOnlySpan<int> source);

    /// <summary>Copies a record of the arena to the host.</summary>
    void Read(long offset, Span<float> destination);

    /// <summary>Copies integers of a record of the arena to the host.</summary>
    void Read(long offset, Span<int> destination);
}
