using Fovea.AspNetCore.Requests;
using Fovea.AspNetCore.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fovea;

/// <summary>Makes detectors endpoints.</summary>
public static class DetectorEndpoints
{
    /// <summary>
    /// Maps the application's detector. <c>POST</c> takes a picture, as the body or as the first file of a form, and answers with JSON or, where
    /// <c>?format=</c> or <c>Accept</c> asks for it, with the picture with boxes drawn in (PNG, JPEG); <c>?threshold=</c>, <c>?nms=</c> and
    /// <c>?max=</c> are <see cref="DetectOptions"/>. <c>GET</c> tells classes, their colours and limits. What is refused is answered with problem
    /// details (RFC 9457).
    /// </summary>
    /// <param name="endpoints">An application's.</param>
    /// <param name="pattern">A path: <c>"/detect"</c>.</param>
    /// <returns>For conventions: authorisation, CORS, rate limits.</returns>
    /// <exception cref="InvalidOperationException">The application has no detector, or more than one.</exception>
    public static IEndpointConventionBuilder MapDetector(this IEndpointRouteBuilder endpoints, string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var served = endpoints.ServiceProvider.GetServices<ServedDetector>().ToArray();
        return served.Length == 1
            ? DetectEndpoint.Map(endpoints, pattern, served[0])
            : throw new InvalidOperationException(served.Length == 0
                ? $"MapDetector(\"{pattern}\"): expected a detector among the services, found none; add one by builder.Services.AddDetector<…>(…)."
                : $"MapDetector(\"{pattern}\"): expected one detector among the services, found {string.Join(", ", served.Select(s => s.Name))}; "
                    + $"say which: MapDetector<{served[0].Name}>(\"{pattern}\").");
    }

    /// <summary>As <see cref="MapDetector(IEndpointRouteBuilder, string)"/>, for one of several detectors.</summary>
    /// <typeparam name="TDetector">Which.</typeparam>
    /// <param name="endpoints">An application's.</param>
    /// <param name="pattern">A path: <c>"/detect/cells"</c>.</param>
    /// <returns>For conventions: authorisation, CORS, rate limits.</returns>
    /// <exception cref="InvalidOperationException">The application has no such detector.</exception>
    public static IEndpointConventionBuilder MapDetector<TDetector>(this IEndpointRouteBuilder endpoints, string pattern)
        where TDetector : Detector
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var served = endpoints.ServiceProvider.GetServices<ServedDetector>().SingleOrDefault(s => s.Type == typeof(TDetector));
        return served is not null
            ? DetectEndpoint.Map(endpoints, pattern, served)
            : throw new InvalidOperationException(
                $"MapDetector<{typeof(TDetector).Name}>(\"{pattern}\"): the services have no {typeof(TDetector).Name}; "
                + $"add it by builder.Services.AddDetector<{typeof(TDetector).Name}, …>(…).");
    }
}
