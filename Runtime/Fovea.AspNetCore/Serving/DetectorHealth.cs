using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fovea.AspNetCore.Serving;

/// <summary>
/// Unhealthy while the detector is being made, when it stops, and when the latest picture failed by no fault of its own (a device that is
/// lost); degraded while nobody else may wait. It detects nothing itself, so it may be asked at any rate.
/// </summary>
internal sealed class DetectorHealth(ServedDetector served) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(context.Registration.FailureStatus));

    private HealthCheckResult Check(HealthStatus failed)
    {
        var (admitted, capacity) = (served.Places.Admitted, served.Places.Capacity);
        return served switch
        {
            { Unready: { } why } => new HealthCheckResult(failed, $"{served.Name}: {why}."),
            { Failure: { } failure } => new HealthCheckResult(failed, $"{served.Name} failed in the latest picture: {failure}"),
            _ when admitted >= capacity => HealthCheckResult.Degraded($"{served.Name} is full: {admitted} requests of {capacity}."),
            _ => HealthCheckResult.Healthy($"{served.Name}: {admitted} requests of {capacity}."),
        };
    }
}
