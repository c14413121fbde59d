using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>From an application's start to its end.</summary>
[Collection(Gate.Collection)]
public sealed class LifetimeTests
{
    [Fact]
    public async Task It_is_healthy_when_it_has_been_warmed_up_and_not_before_or_after()
    {
        var app = Server.Build();
        var health = app.Services.GetRequiredService<HealthCheckService>();
        var entry = Assert.Single((await health.CheckHealthAsync()).Entries);
        Assert.Equal(("TileDetector", HealthStatus.Unhealthy), (entry.Key, entry.Value.Status));
        Assert.Equal("TileDetector: it is being made.", entry.Value.Description);

        await app.StartAsync();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);
        await app.StopAsync();
        Assert.Equal("TileDetector: it is stopping.", (await health.CheckHealthAsync()).Entries["TileDetector"].Description);
        await app.DisposeAsync();
    }

    [Fact]
    public async Task While_it_stops_who_is_in_is_answered_and_who_comes_is_refused()
    {
        using var gate = new Gate();
        using var asked = new ManualResetEventSlim();
        await using var app = Server.Build(new ServingOptions { MaxConcurrency = 1 });

        // As applications do whose load balancer is to see it first. What registers later, as the detector does when it starts, is told earlier.
        app.Lifetime.ApplicationStopping.Register(() => Assert.True(asked.Wait(TimeSpan.FromSeconds(60)), "nobody asked"));
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var inside = client.PostAsync(new Uri("/detect", UriKind.Relative), Uploads.Raw(Gate.Picture, null));
        await gate.ArriveAsync();
        var stopped = Task.Run(() => app.StopAsync());
        while (!app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await Task.Delay(10);
        }

        await Task.Delay(100);
        using var refused = await client.PostAsync(new Uri("/detect", UriKind.Relative), Uploads.Raw(Uploads.Png(), null));
        Assert.Equal("1", refused.Headers.RetryAfter?.ToString());
        await Answer.RefusedAsync(refused, HttpStatusCode.ServiceUnavailable, "TileDetector: it is stopping");
        using var health = await client.GetAsync(new Uri("/health", UriKind.Relative));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), (health.StatusCode, await health.Content.ReadAsStringAsync()));

        asked.Set();
        gate.Open();
        using var answer = await inside;
        Assert.Equal(Gate.Width, (await Answer.ReadAsync(answer)).GetProperty("width").GetInt32());
        await stopped;
    }

    [Fact]
    public async Task It_is_unhealthy_from_a_failure_of_its_own_until_the_next_picture()
    {
        using var gate = new Gate { Failure = new InvalidOperationException("the device is lost") };
        await using var server = await Server.StartAsync();
        gate.Open();
        using var failed = await server.Client.PostAsync(new Uri("/detect", UriKind.Relative), Uploads.Raw(Gate.Picture, null));
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        var report = await server.App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal("TileDetector failed in the latest picture: the device is lost", report.Entries["TileDetector"].Description);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);

        using var good = await server.Client.PostAsync(new Uri("/detect", UriKind.Relative), Uploads.Raw(Uploads.Png(), null));
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        Assert.Equal("Healthy", await server.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
    }

    [Fact]
    public async Task A_picture_of_a_kind_that_is_not_written_here_is_not_acceptable_and_no_failure_of_the_detector()
    {
        using var gate = new Gate { WritesJpeg = false };
        await using var server = await Server.StartAsync();
        using var refused = await server.Client.PostAsync(new Uri("/detect?format=jpeg", UriKind.Relative), Uploads.Raw(Uploads.Png(), null));
        await Answer.RefusedAsync(refused, HttpStatusCode.NotAcceptable, "JPEG files are not written here");
        Assert.Equal("Healthy", await server.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
        using var png = await server.Client.PostAsync(new Uri("/detect?format=png", UriKind.Relative), Uploads.Raw(Uploads.Png(), null));
        Assert.Equal(HttpStatusCode.OK, png.StatusCode);
    }

    [Fact]
    public async Task The_detector_has_the_limits_and_is_what_the_services_give()
    {
        DetectorOptions? given = null;
        await using var server = await Server.StartAsync(
            new ServingOptions { MaxConcurrency = 3, MaxPixels = 5000, MaxRequestBytes = 9000 }, o => Detectors.Tiles(given = o));
        Assert.Equal((3, 5000, 9000), (given!.MaxConcurrency, given.ImageLimits!.MaxPixels, given.ImageLimits.MaxBytes));
        Assert.Same(server.Detector, server.App.Services.GetRequiredService<Detector<Tile>>());
    }

    [Fact]
    public async Task Warming_up_reads_and_writes_no_file_so_limits_below_the_canvas_start()
    {
        using var gate = new Gate { WritesJpeg = false };
        await using var server = await Server.StartAsync(new ServingOptions { MaxPixels = (64 * 64) - 1, MaxRequestBytes = 100 });
        Assert.Equal(0, gate.Canvases);
        Assert.Equal("Healthy", await server.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
    }

    [Fact]
    public async Task Weights_that_do_not_load_and_options_that_do_not_fit_end_the_start_with_the_reason()
    {
        using var folder = new TempFolder();
        var file = folder.Write("tiles.safetensors", "no weights");
        await using var damaged = Server.Build(create: o => TileDetector.Load(file, o));
        var bad = await Assert.ThrowsAsync<CheckpointException>(() => damaged.StartAsync());
        Assert.Contains(file, bad.Message, StringComparison.Ordinal);

        await using var missing = Server.Build(create: o => TileDetector.Load(folder.File("none.safetensors"), o));
        Assert.Contains("none.safetensors", (await Assert.ThrowsAsync<CheckpointException>(() => missing.StartAsync())).Message, StringComparison.Ordinal);

        await using var options = Server.Build(new ServingOptions { Detect = new() { MaxDetections = 41 } });
        Assert.Contains("1 to 40", (await Assert.ThrowsAsync<ArgumentException>(() => options.StartAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_application_has_disposed_of_its_detector_and_leaves_nothing()
    {
        var (detector, served) = await StartAndStopAsync();
        for (var i = 0; i < 50 && (detector.IsAlive || served.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(20);
        }

        Assert.False(detector.IsAlive, "the detector is held");
        Assert.False(served.IsAlive, "the application is held");
    }

    [Fact]
    public async Task Several_detectors_are_mapped_by_name_and_mistakes_are_told()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var none = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("expected a detector among the services, found none", Assert.Throws<InvalidOperationException>(() => none.MapDetector("/a")).Message, StringComparison.Ordinal);

        builder.Services.AddDetector<TileDetector, Tile>(Detectors.Tiles).AddDetector<OtherDetector, Tile>(o => OtherDetector.Create(1, o));
        Assert.Contains("already", Assert.Throws<InvalidOperationException>(() => builder.Services.AddDetector<TileDetector, Tile>(Detectors.Tiles)).Message, StringComparison.Ordinal);
        var twice = Assert.Throws<InvalidOperationException>(() => builder.Services.AddDetector<Elsewhere.TileDetector, Tile>(o => Elsewhere.TileDetector.Create(1, o)));
        Assert.Contains("found Fovea.Tests.AspNetCore.Serving.TileDetector among the services", twice.Message, StringComparison.Ordinal);
        await using var app = builder.Build();
        Assert.Same(app.Services.GetRequiredService<TileDetector>(), app.Services.GetRequiredService<Detector<Tile>>());
        Assert.Contains("found TileDetector, OtherDetector", Assert.Throws<InvalidOperationException>(() => app.MapDetector("/a")).Message, StringComparison.Ordinal);
        Assert.Contains("no Detector", Assert.Throws<InvalidOperationException>(() => app.MapDetector<Detector>("/a")).Message, StringComparison.Ordinal);
        app.MapDetector<TileDetector>("/tiles");
        app.MapDetector<OtherDetector>("/others");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        foreach (var (path, name) in new[] { ("/tiles", "TileDetector"), ("/others", "OtherDetector") })
        {
            Assert.Equal(name, (await Answer.ReadAsync(await client.GetAsync(new Uri(path, UriKind.Relative)))).GetProperty("detector").GetString());
        }
    }

    [Fact]
    public void Limits_that_make_no_sense_are_refused_by_name()
    {
        Assert.Contains("ServingOptions.MaxQueue: expected at least 0, found -1", Assert.Throws<ArgumentOutOfRangeException>(() => new ServingOptions { MaxQueue = -1 }).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServingOptions { MaxConcurrency = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServingOptions { MaxRequestBytes = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServingOptions { MaxPixels = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServingOptions { UploadTimeout = TimeSpan.FromDays(25) });
        Assert.Contains("expected more than 0 and at most 24 days, found 00:00:00", Assert.Throws<ArgumentOutOfRangeException>(() => new ServingOptions { UploadTimeout = TimeSpan.Zero }).Message, StringComparison.Ordinal);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(WeakReference Detector, WeakReference App)> StartAndStopAsync()
    {
        var server = await Server.StartAsync();
        var detector = server.Detector;
        using var response = await server.Client.PostAsync(new Uri("/detect", UriKind.Relative), Uploads.Raw(Uploads.Png(), null));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await server.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => detector.Detect(Uploads.Png()));
        return (new WeakReference(detector), new WeakReference(server.App));
    }
}
