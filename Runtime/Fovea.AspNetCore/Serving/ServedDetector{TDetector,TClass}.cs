using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fovea.AspNetCore.Serving;

/// <summary>Makes a detector when the application starts. The services own it, and dispose of it after the server has stopped.</summary>
internal sealed class ServedDetector<TDetector, TClass>(IServiceProvider services, ServingOptions options) : ServedDetector(
    typeof(TDetector), options, new DetectorMetrics(services.GetRequiredService<IMeterFactory>(), typeof(TDetector).Name),
    services.GetRequiredService<ILoggerFactory>().CreateLogger("Fovea.AspNetCore")), IHostedService
    where TDetector : Detector<TClass>
    where TClass : struct, Enum
{
    private TDetector? detector;

    public override ModelDescription Description => Ready.Description;

    private TDetector Ready => detector ?? throw new InvalidOperationException($"{Name} has not been started.");

    public Task StartAsync(CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            // The server stops before the services that were added to it: who asks meanwhile is to hear of it.
            services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(Stop);
            var started = Stopwatch.GetTimestamp();
            detector = services.GetRequiredService<TDetector>();
            await WarmUpAsync(detector.DeviceDescription, started).ConfigureAwait(false);
        },
        cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override IReadOnlyList<FoundObject> Detect(RgbImage picture, DetectOptions? wanted)
    {
        var classes = ClassMap<TClass>.Instance;
        return [.. Ready.Detect(picture, wanted).Select(d => new FoundObject(
            classes.NameOf(d.Class), classes.ChannelOf(d.Class), d.Score, new FoundBox(d.Box.X1, d.Box.Y1, d.Box.X2, d.Box.Y2)))];
    }
}
