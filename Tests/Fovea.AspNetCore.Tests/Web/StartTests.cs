using System.Net;
using Fovea.Tests.AspNetCore.Serving;
using Quickstart;

namespace Fovea.Tests.AspNetCore.Web;

/// <summary>The sample on a machine that has nothing yet.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Without_weights_it_trains_keeps_them_and_serves_them()
    {
        using var site = Site.Start("--scenes", "8", "--epochs", "1");
        Assert.Contains("training on 8 scenes, once", site.Said, StringComparison.Ordinal);
        var kept = Path.Combine(site.Folder, "out", "web", "ShapeDetector.safetensors");
        using var detector = ShapeDetector.Load(kept, new DetectorOptions { Device = Device.Cpu });
        using var client = new HttpClient { BaseAddress = site.Address };
        var scene = await client.GetByteArrayAsync(new Uri("/scenes/7", UriKind.Relative));
        using var answer = await client.PostAsync(new Uri("/detect?threshold=0", UriKind.Relative), Uploads.Raw(scene, "image/png"));
        var expected = detector.Detect(scene, new() { ScoreThreshold = 0 });
        Assert.NotEmpty(expected);
        Answer.Equals(expected, await Answer.ReadAsync(answer));
        Assert.Equal("Healthy", await client.GetStringAsync(new Uri("/health", UriKind.Relative)));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri("/scenes/100", UriKind.Relative))).StatusCode);

        using var page = await client.GetAsync(new Uri("/", UriKind.Relative));
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }
}
