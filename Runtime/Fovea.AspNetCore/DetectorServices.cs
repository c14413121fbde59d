using Fovea.AspNetCore.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Fovea;

/// <summary>Adds detectors to an application's services.</summary>
public static class DetectorServices
{
    /// <summary>
    /// Adds a detector as a singleton: <typeparamref name="TDetector"/> and <see cref="Detector{TClass}"/>; of several with the same classes
    /// the latter is the one that was added first. It is made when the application starts and has detected before the first request comes; where that fails, the application does not start, and the exception says why.
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
    /// <exception cref="InvalidOperationException">This detector, or one whose class has the same name in another namespace, has been added before.</exception>
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

        // Health check and measurements go by the name alone.
        if (services.Select(s => s.ServiceType).FirstOrDefault(IsServedByThisName) is { } other)
        {
            throw new InvalidOperationException(
                $"AddDetector<{typeof(TDetector).FullName}, {typeof(TClass).Name}>: expected detectors whose classes differ in their names, found "
                + $"{other.GenericTypeArguments[0].FullName} among the services; rename one, as health check and measurements go by {typeof(TDetector).Name}.");
        }

        var serving = options ?? new ServingOptions();
        services.AddMetrics();
        services.AddSingleton(_ => create(new DetectorOptions { MaxConcurrency = serving.Places, ImageLimits = serving.ImageLimits }));
        services.TryAddSingleton<Detector<TClass>>(s => s.GetRequiredService<TDetector>());
        services.AddSingleton(s => new ServedDetector<TDetector, TClass>(s, serving));
        services.AddSingleton<ServedDetector>(s => s.GetRequiredService<ServedDetector<TDetector, TClass>>());
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<ServedDetector<TDetector, TClass>>());
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            typeof(TDetector).Name, s => new DetectorHealth(s.GetRequiredService<ServedDetector<TDetector, TClass>>()), failureStatus: null, tags: null));
        return services;

        static bool IsServedByThisName(Type service) => service.IsConstructedGenericType
            && service.GetGenericTypeDefinition() == typeof(ServedDetector<,>) && service.GenericTypeArguments[0].Name == typeof(TDetector).Name;
    }
}
