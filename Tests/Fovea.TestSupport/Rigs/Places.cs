namespace Fovea.TestSupport;

/// <summary>
/// Gives out places in a buffer, one behind the other, with a gap before and after each in which nobody may write.
/// </summary>
/// <param name="begin">The first element of the buffer.</param>
/// <param name="end">One past its last.</param>
/// <param name="lead">Elements before the first place.</param>
internal sealed class Places(long begin, long end, int lead = Places.Gap)
{
    private const int Gap = 32;
    private readonly List<(long Begin, long End)> taken = [];
    private long next = begin + lead;

    /// <summary>The gaps between the places taken so far.</summary>
    public IEnumerable<(long Begin, long End)> Gaps
    {
        get
        {
            var at = begin;
            foreach (var place in taken)
            {
                yield return (at, place.Begin);
                at = place.End;
            }

            yield return (at, next);
        }
    }

    public long Take(long length)
    {
        var place = next;
        next += ((length + Gap - 1) / Gap * Gap) + Gap;
        taken.Add((place, place + length));
        return next <= end
            ? place
            : throw new InvalidOperationException($"The rig's buffer ends at {end}, {next} elements are needed; make it longer.");
    }
}
