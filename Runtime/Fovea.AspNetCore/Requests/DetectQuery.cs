using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Fovea.AspNetCore.Requests;

/// <summary>What a query wants of its detections: <c>?threshold=0.5&amp;nms=0.6&amp;max=20</c>. Other parameters are the application's.</summary>
internal static class DetectQuery
{
    /// <param name="query">A request's.</param>
    /// <param name="defaults">Where the query says nothing; null: as declared.</param>
    /// <param name="most">Detections of a picture, as declared.</param>
    /// <exception cref="RefusedException">A value is no number, out of range, or there twice.</exception>
    public static DetectOptions Read(IQueryCollection query, DetectOptions? defaults, int most) => new()
    {
        ScoreThreshold = Number(query, "threshold", "a number from 0 to below 1", v => v is >= 0 and < 1) ?? defaults?.ScoreThreshold,
        NmsIoU = Number(query, "nms", "a number above 0, at most 1", v => v is > 0 and <= 1) ?? defaults?.NmsIoU,
        MaxDetections = (int?)Number(query, "max", $"a whole number from 1 to {most}", v => v >= 1 && v <= most && float.IsInteger(v))
            ?? defaults?.MaxDetections,
    };

    /// <summary>The one value of a parameter, or null where there is none.</summary>
    public static string? Text(IQueryCollection query, string name, string expected) => query[name] switch
    {
        [] => null,
        [{ } value] => value,
        var several => throw Refused(name, expected, string.Join(", ", several.ToArray())),
    };

    public static RefusedException Refused(string name, string expected, string found) =>
        RefusedException.BadRequest($"?{name}=: expected {expected}, found '{Shortened(found)}'.");

    /// <summary>As much of what a client says as one wants to read.</summary>
    public static string Shortened(string text) => text.Length <= 60 ? text : text[..60] + "…";

    // In float32, in which scores are compared: there 0.99999999 is 1.
    private static double? Number(IQueryCollection query, string name, string expected, Func<float, bool> fits)
    {
        if (Text(query, name, expected) is not { } text)
        {
            return null;
        }

        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value);
        return isNumber && fits((float)value) ? value : throw Refused(name, expected, text);
    }
}
