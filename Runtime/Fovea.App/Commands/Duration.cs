using System.Globalization;
using System.Text.RegularExpressions;

namespace Fovea.App.Commands;

/// <summary>A time as people write it: <c>30m</c>, <c>2h</c>, <c>1h30m</c>, <c>90s</c>.</summary>
internal static partial class Duration
{
    /// <exception cref="ArgumentException">It is none, or no time at all.</exception>
    public static TimeSpan Parse(string text, string option)
    {
        var match = Pattern().Match(text);
        double Part(string name) =>
            match.Groups[name] is { Success: true, Value: var digits } ? double.Parse(digits, CultureInfo.InvariantCulture) : 0;
        var seconds = match.Success ? (Part("h") * 3600) + (Part("m") * 60) + Part("s") : 0;
        return seconds > 0 && seconds < TimeSpan.MaxValue.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new ArgumentException($"{option}: expected a time such as 30m, 2h, 1h30m or 90s, found \"{text}\".");
    }

    /// <summary>As <see cref="Parse"/> reads it: 90m, or 12.5s.</summary>
    public static string Text(TimeSpan time) => time.TotalMinutes == Math.Floor(time.TotalMinutes)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:F0}m")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.######}s");

    [GeneratedRegex(@"^(?=.)((?<h>\d{1,9}(\.\d{1,6})?)h)?((?<m>\d{1,9}(\.\d{1,6})?)m)?((?<s>\d{1,9}(\.\d{1,6})?)s)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
