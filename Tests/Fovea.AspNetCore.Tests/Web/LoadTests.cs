using System.Diagnostics;
using System.Net;
using Fovea.Tests.AspNetCore.Serving;
using Quickstart;
using Xunit.Abstractions;

namespace Fovea.Tests.AspNetCore.Web;

/// <summary>
/// Many clients at once, for seconds; with <c>FOVEA_LOAD=1</c> for a minute. The server is a process of its own, so that its memory is its own.
/// </summary>
public sealed class LoadTests(ITestOutputHelper output)
{
    private const int Clients = 32;
    private const int Least = 3; // Of each client, however slow the machine is.

    private static TimeSpan Length => TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("FOVEA_LOAD") == "1" ? 60 : 5);

    [Fact]
    public async Task Thirty_two_clients_get_what_a_call_finds_without_an_error_in_memory_that_stays_flat()
    {
        using var detector = Site.Shapes();
        using var site = Site.Start(detector);
        var scenes = SyntheticScenes.Create(8, seed: 77);
        var pictures = Enumerable.Range(0, 8).Select(i => Uploads.Encode(scenes.LoadImage(i), i % 2 == 0 ? ImageFormat.Png : ImageFormat.Jpeg)).ToArray();
        var expected = pictures.Select(p => detector.Detect(p)).ToArray();
        Assert.All(expected, e => Assert.NotEmpty(e));
        using var client = new HttpClient { BaseAddress = site.Address };

        var memory = new List<long>();
        var (clock, requests) = (Stopwatch.StartNew(), 0);
        var slowest = new long[Clients];
        var work = Enumerable.Range(0, Clients).Select(i => Task.Run(async () =>
        {
            for (var n = i; n < i + Least || clock.Elapsed < Length; n++)
            {
                var asked = Stopwatch.GetTimestamp();
                using var content = n % 3 == 0 ? Uploads.Form(("file", "scene", pictures[n % 8])) : Uploads.Raw(pictures[n % 8], "image/png");
                using var response = await client.PostAsync(new Uri("/detect", UriKind.Relative), content);
                Answer.Equals(expected[n % 8], await Answer.ReadAsync(response));
                slowest[i] = Math.Max(slowest[i], Stopwatch.GetElapsedTime(asked).Ticks);
                Interlocked.Increment(ref requests);
            }
        })).ToArray();
        while (!Array.TrueForAll(work, w => w.IsCompleted))
        {
            await Task.Delay(Length / 50);
            site.Process.Refresh();
            memory.Add(site.Process.WorkingSet64 >> 20);
        }

        await Task.WhenAll(work);
        var (early, late) = (memory.GetRange(memory.Count / 5, memory.Count / 5).Max(), memory.GetRange(memory.Count * 4 / 5, memory.Count / 5).Max());
        output.WriteLine(
            $"{requests} requests in {clock.Elapsed.TotalSeconds:0.0} s, {requests / clock.Elapsed.TotalSeconds:0.0} a second, the slowest "
            + $"{TimeSpan.FromTicks(slowest.Max()).TotalMilliseconds:0} ms; MiB {string.Join(' ', memory)}");
        Assert.True(requests >= Clients * Least, $"{requests} requests");
        Assert.True(late <= (early * 1.1) + 16, $"from {early} to {late} MiB: {string.Join(' ', memory)}");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health", UriKind.Relative))).StatusCode);
    }
}
