namespace Fovea.Tests.Ops;

/// <summary>Comparisons of what convolutions have written.</summary>
internal static class ConvAssert
{
    /// <summary>Within an absolute tolerance.</summary>
    public static void Close(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance) =>
        Numbers.Within(name, Numbers.Doubles(expected), actual, tolerance);

    /// <summary>Equal to the bit everywhere except in one run.</summary>
    public static void SameOutside(string name, ReadOnlySpan<float> before, ReadOnlySpan<float> after, long offset, long length)
    {
        Numbers.SameBits(name + " before its destination", before[..(int)offset], after[..(int)offset]);
        Numbers.SameBits(name + " after its destination", before[(int)(offset + length)..], after[(int)(offset + length)..]);
    }
}
