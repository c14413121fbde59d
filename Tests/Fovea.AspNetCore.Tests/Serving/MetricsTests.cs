namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>What the meter tells, against what was asked and answered.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Requests_detections_and_times_are_counted()
    {
        await using var server = await Server.StartAsync();
        using var measured = new Measurements(server.App.Services);
        var seconds = 0.0;
        var found = new List<Detection<Tile>>();
        for (var seed = 1; seed <= 3; seed++)
        {
            var answer = await Answer.ReadAsync(await PostAsync(server, Uploads.Png(seed)));
            seconds += answer.GetProperty("milliseconds").GetDouble() / 1000;
            found.AddRange(server.Detector.Detect(Uploads.Png(seed)));
        }

        using var refused = await PostAsync(server, [1, 2, 3]);
        await measured.BecomesAsync(1, "fovea.detector.requests", "http.response.status_code=415");
        Assert.Equal(3, measured.Sum("fovea.detector.requests", "http.response.status_code=200"));
        Assert.Equal(3, measured.Of("fovea.detector.duration").Count);
        Assert.Equal(seconds, measured.Sum("fovea.detector.duration"), 1e-5);
        Assert.Equal(3, measured.Of("fovea.detector.queue.duration").Count);
        Assert.All(measured.Of("fovea.detector.queue.duration"), s => Assert.InRange(s, 0, 10));
        Assert.NotEmpty(found);
        Assert.Equal(found.Count, measured.Sum("fovea.detector.detections"));
        Assert.Equal(found.Count(d => d.Class == Tile.Red), measured.Sum("fovea.detector.detections", "fovea.class=Red"));
        Assert.Equal([1, -1, 1, -1, 1, -1, 1, -1], measured.Of("fovea.detector.active_requests"));
        Assert.Equal([1, -1, 1, -1, 1, -1], measured.Of("fovea.detector.queued_requests"));
    }

    private static Task<HttpResponseMessage> PostAsync(Server server, byte[] content) =>
        server.Client.PostAsync(new Uri("/detect", UriKind.Relative), Uploads.Raw(content, "application/octet-stream"));
}
