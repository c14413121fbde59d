using System.Globalization;

namespace Fovea.Tests.Ops;

/// <summary>Comparisons whose failure prints name, index, expected, actual and tolerance on one line.</summary>
internal static class ConvAssert
{
    public static void Close(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance))
            {
                Assert.Fail(string.Create(
                    CultureInfo.InvariantCulture, $"{name}[{i}]: expected {expected[i]:R}, actual {actual[i]:R}, tolerance {tolerance:R}"));
            }
        }
    }

    /// <summary>Equal to the bit.</summary>
    public static void Same(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                Assert.Fail(string.Create(
                    CultureInfo.InvariantCulture, $"{name}[{i}]: expected {expected[i]:R}, actual {actual[i]:R}, tolerance 0"));
            }
        }
    }

    /// <summary>Equal to the bit everywhere except in one run.</summary>
    public static void SameOutside(string name, ReadOnlySpan<float> before, ReadOnlySpan<float> after, long offset, long length)
    {
        Same(name + " before its destination", before[..(int)offset], after[..(int)offset]);
        Same(name + " after its destination", before[(int)(offset + length)..], after[(int)(offset + length)..]);
    }
}
