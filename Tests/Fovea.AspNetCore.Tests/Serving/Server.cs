using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>An application with the tiny detector behind a real Kestrel, on a port of its own.</summary>
internal sealed class Server : IAsyncDisposable
{
    private Server(WebApplication app)
    {
        App = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromSeconds(60) };
    }

    public WebApplication App { get; }

    public HttpClient Client { get; }

    public TileDetector Detector => App.Services.GetRequiredService<TileDetector>();

    public static WebApplication Build(
        ServingOptions? options = null, Func<DetectorOptions, TileDetector>? create = null, Action<WebApplication>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDetector<TileDetector, Tile>(create ?? Detectors.Tiles, options);
        var app = builder.Build();
        configure?.Invoke(app);
        app.MapDetector("/detect");
        app.MapHealthChecks("/health");
        return app;
    }

    public static async Task<Server> StartAsync(ServingOptions? options = null, Func<DetectorOptions, TileDetector>? create = null)
    {
        var app = Build(options, create);
        await app.StartAsync();
        return new Server(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
