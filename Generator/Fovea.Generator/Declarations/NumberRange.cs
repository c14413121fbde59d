namespace Fovea.Generator.Declarations;

/// <summary>The numbers that an argument may have. None of them is NaN or infinite.</summary>
/// <param name="Min">The least, which belongs to the range unless <paramref name="AboveMin"/>.</param>
/// <param name="Max">The greatest, which belongs to it unless <paramref name="BelowMax"/>.</param>
internal readonly record struct NumberRange(double Min, double Max, bool AboveMin = false, bool BelowMax = false)
{
    public bool Contains(double value) =>
        (AboveMin ? value > Min : value >= Min) && (BelowMax ? value < Max : value <= Max);

    /// <summary>
    /// Whether the float nearest to it, which the generated code has, lies in the range, too, and is 0 only if the value is.
    /// </summary>
    public bool ContainsAsFloat(double value)
    {
        var single = (float)value;
        return new NumberRange((float)Min, (float)Max, AboveMin, BelowMax).Contains(single) && (single != 0 || value == 0);
    }
}
