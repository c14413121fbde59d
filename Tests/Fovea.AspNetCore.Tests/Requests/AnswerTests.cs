using System.Globalization;
using System.Net.Http.Headers;
using Fovea.Tests.AspNetCore.Serving;

namespace Fovea.Tests.AspNetCore.Requests;

/// <summary>What a picture is answered with, against a call of the detector.</summary>
public sealed class AnswerTests : IAsyncLifetime
{
    private Server server = null!;

    public async Task InitializeAsync() => server = await Server.StartAsync();

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Theory]
    [InlineData("image/png")]
    [InlineData("IMAGE/anything; q=1")]
    [InlineData("application/octet-stream")]
    [InlineData(null)]
    public async Task The_bytes_of_a_picture_are_answered_as_a_call_finds(string? type)
    {
        var file = Uploads.Png();
        var expected = server.Detector.Detect(file);
        Assert.InRange(expected.Count, 5, 40);
        var answer = await Answer.ReadAsync(await PostAsync("/detect", Uploads.Raw(file, type)));
        Answer.Equals(expected, answer);
        Assert.Equal((104, 72), (answer.GetProperty("width").GetInt32(), answer.GetProperty("height").GetInt32()));
        Assert.InRange(answer.GetProperty("milliseconds").GetDouble(), 0.001, 60_000);
    }

    [Fact]
    public async Task The_first_file_of_a_form_is_answered_whatever_else_there_is()
    {
        var (first, second) = (Uploads.Jpeg(1), Uploads.Png(2));
        Assert.NotEqual(server.Detector.Detect(first), server.Detector.Detect(second));
        using var form = Uploads.Form(("note", null, "a field"u8.ToArray()), ("a", "photo.txt", first), ("b", "b.png", second));
        Answer.Equals(server.Detector.Detect(first), await Answer.ReadAsync(await PostAsync("/detect", form)));
    }

    [Theory]
    [InlineData("threshold=0.4", 0.4, null, null)]
    [InlineData("threshold=3.5e-1&nms=0.2", 0.35, 0.2, null)]
    [InlineData("max=3", null, null, 3)]
    [InlineData("nms=1&max=40&threshold=0&other=1", 0.0, 1.0, 40)]
    public async Task A_query_says_what_a_call_says(string query, double? threshold, double? nms, int? max)
    {
        var options = new DetectOptions { ScoreThreshold = threshold, NmsIoU = nms, MaxDetections = max };
        var expected = server.Detector.Detect(Uploads.Png(), options);
        Assert.NotEqual(server.Detector.Detect(Uploads.Png()), expected);
        Answer.Equals(expected, await Answer.ReadAsync(await PostAsync("/detect?" + query, Uploads.Raw(Uploads.Png(), "image/png"))));
    }

    [Fact]
    public async Task What_a_query_does_not_say_is_as_the_application_says()
    {
        var options = new DetectOptions { ScoreThreshold = 0.3, MaxDetections = 4 };
        await using var other = await Server.StartAsync(new ServingOptions { Detect = options });
        var plain = await Answer.ReadAsync(await other.Client.PostAsync(new Uri("/detect", UriKind.Relative), Uploads.Raw(Uploads.Png(), null)));
        Answer.Equals(other.Detector.Detect(Uploads.Png(), options), plain);
        var asked = await Answer.ReadAsync(await other.Client.PostAsync(new Uri("/detect?max=2", UriKind.Relative), Uploads.Raw(Uploads.Png(), null)));
        Answer.Equals(other.Detector.Detect(Uploads.Png(), options with { MaxDetections = 2 }), asked);
        Assert.Equal(2, asked.GetProperty("detections").GetArrayLength());
    }

    [Theory]
    [InlineData("?format=png", null, "image/png")]
    [InlineData("?format=jpg", "application/json", "image/jpeg")]
    [InlineData("", "image/png", "image/png")]
    [InlineData("", "image/*", "image/png")]
    [InlineData("", "application/json;q=0.5, image/jpeg", "image/jpeg")]
    [InlineData("", "text/html, */*;q=0.8", "application/json")]
    [InlineData("", "image/png, image/jpeg", "image/png")]
    [InlineData("", "no media type", "application/json")]
    [InlineData("", "application/json; charset=utf-8", "application/json")]
    [InlineData("", "application/json;q=0, */*", "image/png")]
    [InlineData("", "*/*, image/*;q=0, application/json;q=0.1", "application/json")]
    [InlineData("", "image/jpeg;q=0.2, image/*;q=0.1, */*;q=0", "image/jpeg")]
    [InlineData("?format=json", "image/png", "application/json")]
    public async Task The_answer_is_of_the_kind_that_is_asked_for(string query, string? accept, string expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/detect" + query) { Content = Uploads.Raw(Uploads.Png(), "image/png") };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await server.Client.SendAsync(request);
        Assert.Equal(expected, response.Content.Headers.ContentType?.MediaType);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(expected == "image/png", bytes.AsSpan(1).StartsWith("PNG"u8));
        Assert.Equal(expected == "image/jpeg", bytes is [0xFF, 0xD8, ..]);
    }

    [Fact]
    public async Task The_boxes_are_drawn_as_the_library_draws_them()
    {
        var found = server.Detector.Detect(Uploads.Png(), new() { ScoreThreshold = 0.3 });
        using var response = await PostAsync("/detect?format=png&threshold=0.3", Uploads.Raw(Uploads.Png(), "image/png"));
        var drawn = ImageFile.Decode(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(DetectionDrawing.Draw(Uploads.Image(), found).Pixels, drawn.Pixels);
        Assert.NotEqual(Uploads.Image().Pixels, drawn.Pixels);
    }

    [Fact]
    public async Task A_get_tells_classes_defaults_and_limits()
    {
        var answer = await Answer.ReadAsync(await server.Client.GetAsync(new Uri("/detect", UriKind.Relative)));
        Assert.Equal("TileDetector", answer.GetProperty("detector").GetString());
        var classes = answer.GetProperty("classes").EnumerateArray().Select(c => (c.GetProperty("name").GetString(), c.GetProperty("channel").GetInt32()));
        Assert.Equal([("Red", 1), ("blue & \"green\"", 2)], classes);
        var (r, g, b) = DetectionDrawing.ColorOf(2);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"#{r:x2}{g:x2}{b:x2}"), answer.GetProperty("classes")[1].GetProperty("color").GetString());
        Assert.Equal("0.05", answer.GetProperty("threshold").GetRawText());
        Assert.Equal((40, 40), (answer.GetProperty("max").GetInt32(), answer.GetProperty("maxDetections").GetInt32()));
        Assert.Equal(20 << 20, answer.GetProperty("maxRequestBytes").GetInt32());
    }

    [Fact]
    public async Task A_body_without_a_length_is_read_to_its_end()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/detect") { Content = Uploads.Raw(Uploads.Jpeg(), null) };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        Answer.Equals(server.Detector.Detect(Uploads.Jpeg()), await Answer.ReadAsync(await server.Client.SendAsync(request)));
    }

    private Task<HttpResponseMessage> PostAsync(string path, HttpContent content) => server.Client.PostAsync(new Uri(path, UriKind.Relative), content);
}
