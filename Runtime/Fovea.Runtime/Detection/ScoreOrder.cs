namespace Fovea.Detection;

/// <summary>
/// Keys whose ascending order is "higher score first, equal scores by lower index": an unstable sort of them is the stable sort that is
/// wanted.
/// </summary>
internal static class ScoreOrder
{
    private const uint NaN = 0x7fc0_0000;

    /// <summary>The key of a score and its index. −0 counts as +0, every NaN as the greatest, as torch sorts it.</summary>
    public static ulong Key(float score, int index)
    {
        var bits = float.IsNaN(score) ? NaN : BitConverter.SingleToUInt32Bits(score + 0f);

        // Makes the bits of floats ascend with their value, negative ones included, then turns the order round.
        bits = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return ((ulong)~bits << 32) | (uint)index;
    }

    /// <summary>The index in a key.</summary>
    public static int Index(ulong key) => (int)(uint)key;

    /// <summary>The score in a key.</summary>
    public static float Score(ulong key)
    {
        var bits = ~(uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x8000_0000) != 0 ? bits & 0x7fff_ffff : ~bits);
    }

    /// <summary>
    /// The number that a float threshold was written as: 0.6f means 0.6, which is less. torchvision's NMS compares float32 IoUs with
    /// Python's doubles.
    /// </summary>
    public static double Meant(float threshold) =>
        float.IsFinite(threshold) && MathF.Abs(threshold) < 1e6f ? (double)(decimal)threshold : threshold;
}
