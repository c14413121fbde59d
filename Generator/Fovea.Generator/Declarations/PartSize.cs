using System.Numerics;
using Fovea.Generator.Graph;

namespace Fovea.Generator.Declarations;

/// <summary>
/// Elements of what a part of the network stores, in numbers that cannot overflow; each tensor as long as the layout makes it.
/// </summary>
internal static class PartSize
{
    /// <summary>Of a convolution [to, kernel, kernel, from/groups].</summary>
    public static BigInteger Conv(BigInteger from, BigInteger to, int kernel, int groups = 1, bool bias = false) =>
        Aligned(to * kernel * kernel * (from / groups)) + (bias ? Aligned(to) : 0);

    /// <summary>γ and β.</summary>
    public static BigInteger Norm(BigInteger channels) => 2 * Aligned(channels);

    public static BigInteger Aligned(BigInteger length) => (length + Shape.Alignment - 1) / Shape.Alignment * Shape.Alignment;
}
