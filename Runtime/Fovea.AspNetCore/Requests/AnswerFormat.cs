using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fovea.AspNetCore.Requests;

/// <summary>What a client wants to get: JSON, or a picture with boxes drawn in.</summary>
internal static class AnswerFormat
{
    private const string Expected = "json, png or jpeg";

    // In the order in which they are preferred where a client takes any of several.
    private static readonly (string Type, ImageFormat? Format)[] Offered =
        [("application/json", null), ("image/png", ImageFormat.Png), ("image/jpeg", ImageFormat.Jpeg)];

    /// <summary>As <c>?format=</c> says or, without it, <c>Accept</c>; without both JSON.</summary>
    /// <returns>Null: JSON.</returns>
    /// <exception cref="RefusedException">Neither can be had.</exception>
    public static ImageFormat? Of(HttpRequest request) => DetectQuery.Text(request.Query, "format", Expected) switch
    {
        null => Accepted([.. request.Headers.Accept.OfType<string>()]),
        "json" => null,
        "png" => ImageFormat.Png,
        "jpeg" or "jpg" => ImageFormat.Jpeg,
        var other => throw DetectQuery.Refused("format", Expected, other),
    };

    /// <summary>The media type of a drawn picture.</summary>
    public static string MediaTypeOf(ImageFormat format) => format == ImageFormat.Png ? "image/png" : "image/jpeg";

    private static ImageFormat? Accepted(string[] accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var wanted) || wanted.Count == 0)
        {
            return null;
        }

        // What a range says of a type (RFC 9110, 12.5.1): its q, of the narrowest range that has the type; 0 excludes. Parameters are not ours.
        // What is first in the list wins, if q is equal; of */* what is first in ours.
        var had = Offered
            .Select(o => (o.Format, Place: PlaceOf(o.Type, wanted)))
            .Where(o => o.Place >= 0 && wanted[o.Place].Quality is not 0)
            .OrderByDescending(o => wanted[o.Place].Quality ?? 1).ThenBy(o => o.Place)
            .ToArray();
        return had.Length > 0
            ? had[0].Format
            : throw RefusedException.NotAcceptable(
                $"Accept: expected application/json, image/png or image/jpeg, found '{DetectQuery.Shortened(string.Join(", ", accept))}'.");
    }

    /// <summary>Where the narrowest range stands that has the type; -1: none has.</summary>
    private static int PlaceOf(string type, IList<MediaTypeHeaderValue> ranges)
    {
        var matching = Enumerable.Range(0, ranges.Count).Where(i => ranges[i].MatchesMediaType(type)).ToArray();
        return matching.Length == 0 ? -1 : matching.MinBy(i => ranges[i].MatchesAllTypes ? 2 : ranges[i].MatchesAllSubTypes ? 1 : 0);
    }
}
