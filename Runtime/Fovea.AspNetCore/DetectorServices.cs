using Fovea.AspNetCore.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Fovea;

/// <summary>Adds detectors to an application's services.</summary>
public static class DetectorServices
{
    /// <summary>
    /// Adds a detector as a singleton: <typeparamref name="TDetector"/> and <see cref="Detector{TClass}"/>. It is made when the application
    /// starts and has detected before the first request comes; where that fails, the application does not start, and the exception says why.
    /// The application disposes of it when it stops. With it come a health check by the detector's name and the meter
    /// <c>Fovea.AspNetCore</c>; <see cref="DetectorEndpoints.MapDetector(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder, string)"/> makes
    /// it an endpoint.
    /// </summary>
    /// <typeparam name="TDetector">A generated detector.</typeparam>
    /// <typeparam name="TClass">Its classes.</typeparam>
    /// <param name="services">An application's.</param>
    /// <param name="create">
    /// Makes it: <c>o => CellDetector.Load("cells.safetensors", o)</c>. It is given limits and concurrency of <paramref name="options"/>;
    /// <c>o with { Device = Device.Cpu }</c> adds one's own.
    /// </param>
    /// <param name="options">Limits of requests; null: the defaults.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="InvalidOperationException">This detector has been added before.</exception>
    public static IServiceCollection AddDetector<TDetector, TClass>(
        this IServiceCollection services, Func<DetectorOptions, TDetector> create, ServingOptions? options = null)
        where TDetector : Detector<TClass>
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(create);
        if (services.Any(s => s.ServiceType == typeof(TDetector)))
        {
            throw new InvalidOperationException(
                $"AddDetector<{typeof(TDetector).Name}, {typeof(TClass).Name}>: the services have a {typeof(TDetector).Name} already; add each detector once.");
        }

        var serving = options ?? new ServingOptions();
        services.AddMetrics();
        services.AddSingleton(_ => create(new DetectorOptions { MaxConcurrency = serving.Places, ImageLimits = serving.ImageLimits }));
        services.AddSingleton<Detector<TClass>>(s => s.GetRequiredService<TDetector>());
        services.AddSingleton(s => new ServedDetector<TDetector, TClass>(s, serving));
        services.AddSingleton<ServedDetector>(s => s.GetRequiredService<ServedDetector<TDetector, TClass>>());
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<ServedDetector<TDetector, TClass>>());
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            typeof(TDetector).Name, s => new DetectorHealth(s.GetRequiredService<ServedDetector<TDetector, TClass>>()), failureStatus: null, tags: null));
        return services;
    }
}
