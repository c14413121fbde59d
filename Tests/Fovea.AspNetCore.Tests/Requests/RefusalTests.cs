using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fovea.Tests.AspNetCore.Serving;

namespace Fovea.Tests.AspNetCore.Requests;

/// <summary>Uploads that are wrong or mean harm: each is told what was expected and what was found, and none is the server's fault.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private const int MostBytes = 100_000;
    private const int MostPixels = 10_000;
    private Server server = null!;

    public async Task InitializeAsync() =>
        server = await Server.StartAsync(new ServingOptions { MaxRequestBytes = MostBytes, MaxPixels = MostPixels });

    public async Task DisposeAsync()
    {
        // Whatever was sent, the next picture is answered, and nobody is in any more.
        var file = Uploads.Jpeg();
        Answer.Equals(server.Detector.Detect(file), await Answer.ReadAsync(await PostAsync("/detect", Uploads.Raw(file, null))));
        using var health = await server.Client.GetAsync(new Uri("/health", UriKind.Relative));
        Assert.Equal("Healthy", await health.Content.ReadAsStringAsync());
        await server.DisposeAsync();
    }

    public static TheoryData<string, HttpStatusCode, string[]> Bodies => new()
    {
        { "empty", HttpStatusCode.BadRequest, ["expected a file", "found no bytes"] },
        { "text", HttpStatusCode.UnsupportedMediaType, ["the uploaded file: expected a picture (JPEG", "found bytes that begin with 68656C6C6F"] },
        { "half a png", HttpStatusCode.UnprocessableEntity, ["the uploaded file", "104×72", "cut off"] },
        { "half a jpeg", HttpStatusCode.UnprocessableEntity, ["the uploaded file", "104×72", "cut off"] },
        { "a header alone", HttpStatusCode.UnprocessableEntity, ["104×72"] },
        { "four bytes", HttpStatusCode.UnsupportedMediaType, ["89504E47"] },
        { "bomb", HttpStatusCode.RequestEntityTooLarge, ["expected at most 10000 pixels", "60000×60000"] },
        { "one pixel row too much", HttpStatusCode.RequestEntityTooLarge, ["expected at most 10000 pixels", "found a picture of 100×101"] },
        { "zero wide", HttpStatusCode.UnsupportedMediaType, ["expected a picture"] },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task What_is_no_picture_for_it_is_refused_raw_and_in_a_form(string kind, HttpStatusCode status, string[] said)
    {
        var content = BodyOf(kind);
        await Answer.RefusedAsync(await PostAsync("/detect", Uploads.Raw(content, "image/png")), status, said);
        using var form = Uploads.Form(("file", "photo.png", content));
        await Answer.RefusedAsync(await PostAsync("/detect", form), status, said);
    }

    [Theory]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType, "image/* or application/octet-stream, found 'text/plain'")]
    [InlineData("application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType, "found 'application/x-www-form-urlencoded'")]
    [InlineData("application/json", HttpStatusCode.UnsupportedMediaType, "expected multipart/form-data with a file")]
    [InlineData(";;;", HttpStatusCode.UnsupportedMediaType, "found ';;;'")]
    [InlineData("multipart/mixed; boundary=a", HttpStatusCode.UnsupportedMediaType, "multipart/mixed")]
    [InlineData("multipart/form-data", HttpStatusCode.BadRequest, "expected a boundary of 1 to 70 characters, found 0")]
    [InlineData("multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", HttpStatusCode.BadRequest, "found 71")]
    [InlineData("multipart/form-data; boundary=\"a\"", HttpStatusCode.BadRequest, "the body: expected multipart/form-data with a file")]
    public async Task What_is_said_to_be_something_else_is_refused(string type, HttpStatusCode status, string said) =>
        await Answer.RefusedAsync(await PostAsync("/detect", Uploads.Raw(Uploads.Png(), type)), status, said);

    [Fact]
    public async Task A_form_without_a_file_and_one_that_is_cut_off_are_refused()
    {
        using var fields = Uploads.Form(("a", null, Uploads.Png()), ("b", null, [1]));
        await Answer.RefusedAsync(await PostAsync("/detect", fields), HttpStatusCode.BadRequest, "the form: expected a file, found 2 fields");
        using var whole = Uploads.Form(("file", "photo.png", Uploads.Png()));
        var type = whole.Headers.ContentType!.ToString();
        var bytes = await whole.ReadAsByteArrayAsync();
        await Answer.RefusedAsync(await PostAsync("/detect", Uploads.Raw(bytes[..(bytes.Length / 2)], type)), HttpStatusCode.BadRequest, "cannot be read");
        await Answer.RefusedAsync(await PostAsync("/detect", Uploads.Raw(bytes[..60], type)), HttpStatusCode.BadRequest, "cannot be read");
    }

    [Theory]
    [InlineData("threshold=1", "?threshold=: expected a number from 0 to below 1, found '1'")]
    [InlineData("threshold=0.99999999", "found '0.99999999'")]
    [InlineData("threshold=-0.1", "found '-0.1'")]
    [InlineData("threshold=NaN", "found 'NaN'")]
    [InlineData("threshold=0,5", "found '0,5'")]
    [InlineData("threshold=", "found ''")]
    [InlineData("threshold=0.1&threshold=0.2", "found '0.1, 0.2'")]
    [InlineData("nms=0", "?nms=: expected a number above 0, at most 1, found '0'")]
    [InlineData("nms=1e999", "found '1e999'")]
    [InlineData("max=0", "?max=: expected a whole number from 1 to 40, found '0'")]
    [InlineData("max=41", "found '41'")]
    [InlineData("max=2.5", "found '2.5'")]
    [InlineData("format=gif", "?format=: expected json, png or jpeg, found 'gif'")]
    public async Task A_query_that_says_nonsense_is_refused(string query, string said) => await Answer.RefusedAsync(
        await PostAsync("/detect?" + query, Uploads.Raw(Uploads.Png(), "image/png")), HttpStatusCode.BadRequest, said);

    [Fact]
    public async Task A_long_nonsense_is_not_repeated_at_length()
    {
        using var response = await PostAsync("/detect?threshold=" + new string('9', 3000), Uploads.Raw(Uploads.Png(), "image/png"));
        Assert.True((await response.Content.ReadAsStringAsync()).Length < 400);
        await Answer.RefusedAsync(response, HttpStatusCode.BadRequest, "9…");
    }

    [Fact]
    public async Task What_nobody_can_write_is_not_acceptable_and_other_methods_are_not_allowed()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/detect") { Content = Uploads.Raw(Uploads.Png(), "image/png") };
        request.Headers.Add("Accept", "text/html, image/png;q=0, */*;q=0");
        await Answer.RefusedAsync(await server.Client.SendAsync(request), HttpStatusCode.NotAcceptable, "expected application/json", "found 'text/html");
        using var put = await server.Client.PutAsync(new Uri("/detect", UriKind.Relative), Uploads.Raw(Uploads.Png(), "image/png"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, put.StatusCode);
    }

    [Fact]
    public async Task A_body_that_says_that_it_is_too_large_is_refused_before_it_is_sent()
    {
        var answer = await SpeakAsync(
            $"POST /detect HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 3000000000\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("expected at most 100000 bytes, found 3000000000", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_does_not_say_its_length_is_refused_when_it_has_become_too_large()
    {
        var chunk = "10000\r\n" + new string('x', 0x10000) + "\r\n";
        var answer = await SpeakAsync(
            $"POST /detect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{chunk}{chunk}0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("expected at most 100000 bytes", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_and_forms_with_random_mistakes_are_answered_or_refused()
    {
        using var whole = Uploads.Form(("file", "photo.png", Uploads.Png()));
        var (type, form) = (whole.Headers.ContentType!.ToString(), await whole.ReadAsByteArrayAsync());
        var (random, counts) = (new Random(7), new Dictionary<HttpStatusCode, int>());
        for (var i = 0; i < 400; i++)
        {
            var (body, media) = (i % 3) switch { 0 => (form, type), 1 => (Uploads.Png(), "image/png"), _ => (Uploads.Jpeg(), "image/jpeg") };
            using var response = await PostAsync("/detect", Uploads.Raw(Mutate(body, random), media));
            counts[response.StatusCode] = counts.GetValueOrDefault(response.StatusCode) + 1;
            Assert.True((int)response.StatusCode is 200 or 400 or 413 or 415 or 422, $"case {i}: {response.StatusCode}");
        }

        Assert.True(counts[HttpStatusCode.OK] > 20 && counts[HttpStatusCode.UnprocessableEntity] > 50, string.Join(", ", counts));
    }

    private static byte[] BodyOf(string kind) => kind switch
    {
        "empty" => [],
        "text" => Encoding.UTF8.GetBytes("hello, world"),
        "half a png" => Uploads.Png()[..(Uploads.Png().Length / 2)],
        "half a jpeg" => Uploads.Jpeg()[..(Uploads.Jpeg().Length / 2)],
        "a header alone" => Uploads.Png()[..33],
        "four bytes" => Uploads.Png()[..4],
        "bomb" => WithSize(60_000, 60_000),
        "one pixel row too much" => Uploads.Encode(new RgbImage(100, 101), ImageFormat.Png),
        "zero wide" => WithSize(0, 72),
        _ => throw new ArgumentException(kind),
    };

    /// <summary>A PNG file that claims another size: width and height follow the name of its first chunk, whose checksum is right.</summary>
    private static byte[] WithSize(int width, int height)
    {
        var file = Uploads.Png();
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), height);
        var crc = ~file.AsSpan(12, 17).ToArray().Aggregate(~0u, (c, b) =>
        {
            c ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                c = (c >> 1) ^ ((c & 1) * 0xEDB88320u);
            }

            return c;
        });
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(29), crc);
        return file;
    }

    private static byte[] Mutate(byte[] body, Random random)
    {
        var copy = body.ToArray();
        for (var i = random.Next(4); i > 0; i--)
        {
            copy[random.Next(copy.Length)] = (byte)random.Next(256);
        }

        return random.Next(3) == 0 ? copy[..random.Next(copy.Length)] : copy;
    }

    /// <summary>Says it to the server as it is, and gives what it answers.</summary>
    private async Task<string> SpeakAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private Task<HttpResponseMessage> PostAsync(string path, HttpContent content) => server.Client.PostAsync(new Uri(path, UriKind.Relative), content);
}
