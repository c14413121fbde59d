namespace Fovea.TestSupport;

/// <summary>Holds warm calls to allocating nothing on the managed heap.</summary>
internal static class Allocations
{
    private const int Measured = 5;

    /// <summary>
    /// The least of several calls, on this thread: a collection that another test sets off may charge a call with the rest of the thread's
    /// allocation buffer, and a thread's first sleep allocates; what every call allocates is in the least of them, too.
    /// </summary>
    /// <param name="what">Begins the message.</param>
    /// <param name="run">The call.</param>
    /// <param name="warmUps">Calls before those that count.</param>
    public static void AssertNone(string what, Action run, int warmUps = 2)
    {
        for (var i = 0; i < warmUps; i++)
        {
            run();
        }

        var least = long.MaxValue;
        for (var i = 0; i < Measured; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        if (least != 0)
        {
            throw new CheckFailedException($"{what}: allocated {least} bytes, expected 0.");
        }
    }
}
