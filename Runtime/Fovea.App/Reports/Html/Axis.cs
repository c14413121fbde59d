namespace Fovea.App.Reports.Html;

/// <summary>From values to places in a drawing, and round numbers along it.</summary>
internal sealed class Axis
{
    private readonly double low;
    private readonly double high;
    private readonly double from;
    private readonly double to;
    private readonly bool isLogarithmic;
    private readonly bool isWhole;

    /// <param name="ends">The least and the greatest value.</param>
    /// <param name="from">Where the least one lies.</param>
    /// <param name="to">Where the greatest one lies.</param>
    /// <param name="isLogarithmic">Equal factors are equal distances.</param>
    /// <param name="isWhole">Whether marks are whole numbers only.</param>
    public Axis((double Low, double High) ends, double from, double to, bool isLogarithmic, bool isWhole)
    {
        (low, high) = ends.High > ends.Low ? ends : (ends.Low - 0.5, ends.Low + 0.5);
        (this.from, this.to, this.isLogarithmic, this.isWhole) = (from, to, isLogarithmic, isWhole);
    }

    /// <summary>Where a value lies; values beyond the ends lie at the ends.</summary>
    public double At(double value)
    {
        var v = Math.Clamp(value, low, high);
        var share = isLogarithmic ? Math.Log(v / low) / Math.Log(high / low) : (v - low) / (high - low);
        return from + (share * (to - from));
    }

    /// <summary>Round numbers between the ends.</summary>
    /// <param name="about">How many are wanted.</param>
    public double[] Ticks(int about) => isLogarithmic ? Decades() : Steps(about);

    private double[] Steps(int about)
    {
        var rough = (high - low) / Math.Max(1, about);
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * (rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 };
        step = isWhole ? Math.Max(1, Math.Round(step)) : step;
        var first = (long)Math.Ceiling((low / step) - 1e-9);
        var last = (long)Math.Floor((high / step) + 1e-9);
        return [.. Enumerable.Range(0, (int)Math.Min(50, last - first + 1)).Select(i => (first + i) * step)];
    }

    private double[] Decades()
    {
        const int Most = 5;
        var (first, last) = ((int)Math.Floor(Math.Log10(low)), (int)Math.Ceiling(Math.Log10(high)));
        var stride = Math.Max(1, (last - first) / Most);

        // Two decades or less would have one mark, or none.
        double[] within = last - first <= 3 ? [1, 2, 5] : [1];
        return
        [
            .. Enumerable.Range(0, last - first + 1).Where(i => i % stride == 0)
                .SelectMany(i => within.Select(w => w * Math.Pow(10, first + i)))
                .Where(t => t >= low * (1 - 1e-9) && t <= high * (1 + 1e-9)),
        ];
    }
}
