using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>How many may come in, who works, who waits, and what becomes of those who leave.</summary>
[Collection(Gate.Collection)]
public sealed class LimitTests
{
    private const string Active = "fovea.detector.active_requests";
    private const string Queued = "fovea.detector.queued_requests";
    private const string Ended = "fovea.detector.requests";

    [Fact]
    public async Task Beyond_the_queue_a_request_is_asked_to_come_again_and_those_inside_are_answered()
    {
        using var gate = new Gate();
        await using var server = await Server.StartAsync(new ServingOptions { MaxConcurrency = 2, MaxQueue = 1 });
        using var measured = new Measurements(server.App.Services);
        var inside = Enumerable.Range(0, 3).Select(_ => PostAsync(server, Gate.Picture)).ToArray();
        await gate.ArriveAsync(2);
        await measured.BecomesAsync(3, Active);
        await measured.BecomesAsync(1, Queued);

        using var refused = await PostAsync(server, Uploads.Png());
        Assert.Equal("1", refused.Headers.RetryAfter?.ToString());
        await Answer.RefusedAsync(refused, HttpStatusCode.ServiceUnavailable, "TileDetector is full: 3 requests");
        Assert.Equal("Degraded", await server.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
        Assert.Equal(2, gate.Decoded);

        gate.Open(3);
        foreach (var answer in await Task.WhenAll(inside))
        {
            Answer.Equals(server.Detector.Detect(Pictures.Make(Gate.Width, 30, 5)), await Answer.ReadAsync(answer));
        }

        Answer.Equals(server.Detector.Detect(Uploads.Png()), await Answer.ReadAsync(await PostAsync(server, Uploads.Png())));
        Assert.Equal("Healthy", await server.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
        await measured.BecomesAsync(0, Active);
        Assert.Equal(0, measured.Sum(Queued));
        Assert.Equal(1, measured.Sum(Ended, "http.response.status_code=503"));
        Assert.Equal(4, measured.Sum(Ended, "http.response.status_code=200"));
    }

    [Fact]
    public async Task Who_leaves_the_queue_is_not_worked_for()
    {
        using var gate = new Gate();
        await using var server = await Server.StartAsync(new ServingOptions { MaxConcurrency = 1 });
        using var measured = new Measurements(server.App.Services);
        var first = PostAsync(server, Gate.Picture);
        await gate.ArriveAsync();
        using var leave = new CancellationTokenSource();
        var second = PostAsync(server, Gate.Picture, leave.Token);
        await measured.BecomesAsync(1, Queued);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await measured.BecomesAsync(0, Queued);
        await measured.BecomesAsync(1, Active);
        gate.Open();
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        await measured.BecomesAsync(1, Ended, "http.response.status_code=499");
        Assert.Equal(1, gate.Decoded);
    }

    [Fact]
    public async Task Who_leaves_while_the_picture_is_decoded_gets_no_detection()
    {
        using var gate = new Gate();
        await using var server = await Server.StartAsync(new ServingOptions { MaxConcurrency = 1 });
        using var measured = new Measurements(server.App.Services);
        using var leave = new CancellationTokenSource();
        var request = PostAsync(server, Gate.Picture, leave.Token);
        await gate.ArriveAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);

        // The server hears of it at some time after the client has left.
        await Task.Delay(500);
        gate.Open();
        await measured.BecomesAsync(1, Ended, "http.response.status_code=499");
        Assert.Empty(measured.Of("fovea.detector.duration"));
        Assert.Equal(0, measured.Sum(Active));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(server, Uploads.Png())).StatusCode);
    }

    [Fact]
    public async Task Slow_uploads_hold_no_place_and_who_breaks_one_off_is_out()
    {
        await using var server = await Server.StartAsync(new ServingOptions { MaxConcurrency = 1, MaxQueue = 3 });
        using var measured = new Measurements(server.App.Services);
        var slow = new List<TcpClient>();
        for (var i = 0; i < 3; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("POST /detect HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc"));
            slow.Add(client);
        }

        await measured.BecomesAsync(3, Active);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(server, Uploads.Png())).StatusCode);
        slow.ForEach(c => c.Dispose());
        await measured.BecomesAsync(0, Active);
        Assert.Equal(0, measured.Sum(Queued));
        await measured.BecomesAsync(3, Ended, "http.response.status_code=499");
        Assert.Equal(4, measured.Sum(Ended));
    }

    [Fact]
    public async Task An_upload_s_memory_is_given_back_before_the_answer_is_written()
    {
        // No other test sends as much.
        byte[] large = [.. Uploads.Png(), .. new byte[9 << 20]];
        using var buffers = new RentedBuffers(16 << 20);
        var held = new TaskCompletionSource<int>();
        await using var app = Server.Build(configure: a => a.Use((HttpContext context, RequestDelegate next) =>
        {
            context.Response.OnStarting(() =>
            {
                held.TrySetResult(buffers.Lent);
                return Task.CompletedTask;
            });
            return next(context);
        }));
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var answer = await client.PostAsync(new Uri("/detect?format=png", UriKind.Relative), Uploads.Raw(large, "image/png"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, await held.Task);
        Assert.Equal(1, buffers.Rented);
    }

    [Theory]
    [InlineData("image/png", "abc")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nabc")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Dis")]
    public async Task An_upload_that_takes_too_long_is_ended_and_others_come_in(string type, string begun)
    {
        await using var server = await Server.StartAsync(new ServingOptions { MaxConcurrency = 1, MaxQueue = 0, UploadTimeout = TimeSpan.FromSeconds(1) });
        using var measured = new Measurements(server.App.Services);
        using var slow = new TcpClient();
        await slow.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port);
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /detect HTTP/1.1\r\nHost: a\r\nContent-Type: {type}\r\nContent-Length: 1000\r\n\r\n{begun}"));
        using var reader = new StreamReader(slow.GetStream());
        var answer = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains("expected all of it within 1 s", answer, StringComparison.Ordinal);
        await measured.BecomesAsync(1, Ended, "http.response.status_code=408");
        Assert.Equal(0, measured.Sum(Active));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(server, Uploads.Png())).StatusCode);
    }

    private static Task<HttpResponseMessage> PostAsync(Server server, byte[] content, CancellationToken cancellation = default) =>
        server.Client.PostAsync(new Uri("/detect", UriKind.Relative), Uploads.Raw(content, "image/png"), cancellation);
}
