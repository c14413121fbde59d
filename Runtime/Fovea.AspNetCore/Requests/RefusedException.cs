using Microsoft.AspNetCore.Http;

namespace Fovea.AspNetCore.Requests;

/// <summary>A request that gets no detections, and why: what was expected, and what was found.</summary>
/// <param name="status">A status of HTTP, 4xx or 503.</param>
/// <param name="detail">For the one who asked.</param>
internal sealed class RefusedException(int status, string detail) : Exception(detail)
{
    public int Status => status;

    public static RefusedException BadRequest(string detail) => new(StatusCodes.Status400BadRequest, detail);

    public static RefusedException NotAcceptable(string detail) => new(StatusCodes.Status406NotAcceptable, detail);

    public static RefusedException TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, detail);

    public static RefusedException WrongType(string detail) => new(StatusCodes.Status415UnsupportedMediaType, detail);

    public static RefusedException Unavailable(string detail) => new(StatusCodes.Status503ServiceUnavailable, detail);
}
