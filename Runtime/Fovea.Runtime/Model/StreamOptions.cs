namespace Fovea;

/// <summary>How a stream of pictures is worked off.</summary>
public sealed record StreamOptions
{
    /// <summary>
    /// Pictures that are computed together. A GPU does more of them in a second; on the CPU, and for a camera whose next frame is yet to
    /// come, 1 (the default) answers soonest. A batch begins when it is full or the stream ends.
    /// </summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>
    /// Pictures that are taken from the stream and not yet done with, at the most: those that wait, are computed, and the one that was
    /// handed out last. It bounds the memory, and how far a source runs ahead. 0: two batches and one more picture.
    /// </summary>
    public int Buffered { get; init; }

    /// <summary>What <see cref="Buffered"/> comes to.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    internal int Room
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
            ArgumentOutOfRangeException.ThrowIfNegative(Buffered);
            if (Buffered is > 0 && Buffered < BatchSize)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(Buffered), Buffered, $"A batch of {BatchSize} is never full: expected at least so many, or 0 for the default.");
            }

            return Buffered > 0 ? Buffered : checked((2 * BatchSize) + 1);
        }
    }
}
