namespace Fovea.Tests.Ops;

/// <summary>Comparisons of what convolutions have written.</summary>
internal static class ConvAssert
{
    /// <summary>Within an absolute tolerance.</summary>
    public static void Close(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance) =>
        Numbers.Within(name, Numbers.Doubles(expected), actual, tolerance);

    /// <summary>Equal to the bit.</summary>
    public static void Same(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) => Numbers.SameBits(name, expected, actual);

    /// <summary>Equal to the bit everywhere except in one run.</summary>
    public static void SameOutside(string name, ReadOnlySpan<float> before, ReadOnlySpan<float> after, long offset, long length)
    {
        Same(name + " before its destination", before[..(int)offset], after[..(int)offset]);
        Same(name + " after its destination", before[(int)(offset + length)..], after[(int)(offset + length)..]);
    }
}
