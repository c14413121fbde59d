using System.Globalization;

namespace Fovea.App.Reports.Html;

/// <summary>What came of a training, in a sentence.</summary>
internal static class Outcome
{
    /// <summary>For example "On test (72 pictures) it finds 682 of 945 objects with 212 false finds, …: AP 41.8, AP50 71.2. …".</summary>
    public static string Sentence(ReportData data)
    {
        var result = data.Result;
        var truths = result.Classes.Sum(c => c.Truths);
        if (truths == 0)
        {
            return $"There is nothing to find in {data.MeasuredOn}, so nothing could be measured.";
        }

        if (result.PooledCurve.Best is not { } best)
        {
            return string.Create(CultureInfo.InvariantCulture, $"It finds none of the {truths} objects of {data.MeasuredOn}.");
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"On {data.MeasuredOn} it finds {best.Right} of {truths} objects with {best.Wrong} false finds, "
            + $"at its best threshold of {best.Score:0.00}: AP {ReportPage.PerCent(result.Summary.AP)}, AP50 {ReportPage.PerCent(result.Summary.AP50)}.{Extremes(result)}");
    }

    /// <summary>For example "1 h 12 min", "3 min 5 s".</summary>
    public static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min")
        : time.TotalMinutes >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s")
            : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static string Extremes(CocoResult result)
    {
        var measured = result.Classes.Where(c => c.Truths > 0).OrderByDescending(c => c.Summary.AP).ToArray();
        return measured is [var best, .., var worst]
            ? $" {best.Name} is found best (AP {ReportPage.PerCent(best.Summary.AP)}), "
                + $"{worst.Name} worst (AP {ReportPage.PerCent(worst.Summary.AP)})."
            : "";
    }
}
