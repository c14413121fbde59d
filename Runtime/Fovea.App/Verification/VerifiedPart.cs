namespace Fovea.App.Verification;

/// <summary>How two computations of one part differ.</summary>
/// <param name="Name">input, P3 …, logits, deltas, scores, boxes.</param>
/// <param name="Shape">Of torchvision's values.</param>
/// <param name="Difference">The greatest between two values; infinite where there is nothing to compare, or what is no number.</param>
/// <param name="Scale">What the bound is relative to: the greatest of torchvision's values, 1 for scores, the picture's longer side for boxes.</param>
/// <param name="Bound">The greatest relative difference that agrees.</param>
/// <param name="Place">Where the greatest difference is; or why nothing was compared.</param>
internal sealed record VerifiedPart(string Name, int[] Shape, double Difference, double Scale, double Bound, string Place)
{
    /// <summary>The difference in units of the scale.</summary>
    public double Relative => Scale > 0 ? Difference / Scale : Difference;

    /// <summary>Whether it is within the bound.</summary>
    public bool Agrees => Relative <= Bound;

    /// <summary>Shapes that differ.</summary>
    public static VerifiedPart Unlike(string name, int[] theirs, double bound, string why) =>
        new(name, theirs, double.PositiveInfinity, 1, bound, why);
}
