namespace Fovea.Generator.Validation;

/// <summary>The numbers that an argument may have. None of them is NaN or infinite.</summary>
/// <param name="Min">The least, which belongs to the range unless <paramref name="AboveMin"/>.</param>
/// <param name="Max">The greatest, which belongs to it unless <paramref name="BelowMax"/>.</param>
internal readonly record struct Range(double Min, double Max, bool AboveMin = false, bool BelowMax = false)
{
    /// <summary>Of an IoU that is compared with others: 0 would take everything.</summary>
    public static readonly Range IoU = new(0, 1, AboveMin: true);

    public static readonly Range Score = new(0, 1, BelowMax: true);

    public static readonly Range Prior = new(0, 1, AboveMin: true, BelowMax: true);

    public static readonly Range Alpha = new(0, 1);

    public static readonly Range Gamma = new(0, 100);

    /// <summary>Of a loss weight and of β.</summary>
    public static readonly Range Positive = new(0, float.MaxValue);

    public static readonly Range BaseSize = new(0, 64, AboveMin: true);

    public static readonly Range Ratio = new(0.01, 100);

    public bool Contains(double value) =>
        (AboveMin ? value > Min : value >= Min) && (BelowMax ? value < Max : value <= Max);

    /// <summary>
    /// Whether the float nearest to it, which the generated code has, lies in the range, too, and is 0 only if the value is.
    /// </summary>
    public bool ContainsAsFloat(double value)
    {
        var single = (float)value;
        return new Range((float)Min, (float)Max, AboveMin, BelowMax).Contains(single) && (single != 0 || value == 0);
    }
}
