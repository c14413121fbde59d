using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fovea.AspNetCore.Requests;

/// <summary>What a client wants to get: JSON, or a picture with boxes drawn in.</summary>
internal static class AnswerFormat
{
    private const string Expected = "json, png or jpeg";

    // In the order in which they are preferred where a client takes any of several.
    private static readonly (MediaTypeHeaderValue Type, ImageFormat? Format)[] Offered =
    [
        (new("application/json"), null), (new("image/png"), ImageFormat.Png), (new("image/jpeg"), ImageFormat.Jpeg),
    ];

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

        // What is first in the list wins, if q is equal; of */* what is first in ours.
        foreach (var range in wanted.Where(w => w.Quality is not 0).OrderByDescending(w => w.Quality ?? 1))
        {
            foreach (var (type, format) in Offered)
            {
                if (type.IsSubsetOf(range))
                {
                    return format;
                }
            }
        }

        throw RefusedException.NotAcceptable(
            $"Accept: expected application/json, image/png or image/jpeg, found '{DetectQuery.Shortened(string.Join(", ", accept))}'.");
    }
}
