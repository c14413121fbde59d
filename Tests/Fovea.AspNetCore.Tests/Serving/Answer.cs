using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>Answers, read by the reader of JSON and compared with what a call gives: to the bit.</summary>
internal static class Answer
{
    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode} {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    public static void Equals<TClass>(IReadOnlyList<Detection<TClass>> expected, JsonElement answer)
        where TClass : struct, Enum
    {
        var found = answer.GetProperty("detections").EnumerateArray().Select(d => (
            d.GetProperty("class").GetString(), d.GetProperty("channel").GetInt32(), d.GetProperty("score").GetSingle(), BoxOf(d.GetProperty("box"))));
        var classes = ClassMap<TClass>.Instance;
        Assert.Equal(expected.Select(d => ((string?)classes.NameOf(d.Class), classes.ChannelOf(d.Class), d.Score, d.Box)), found);
    }

    /// <summary>A refusal with problem details, which say so.</summary>
    public static async Task RefusedAsync(HttpResponseMessage response, HttpStatusCode status, params string[] said)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"expected {(int)status}, found {(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("title").GetString()));
        Assert.All(said, s => Assert.Contains(s, problem.GetProperty("detail").GetString(), StringComparison.Ordinal));
    }

    private static Box BoxOf(JsonElement box) => new(
        box.GetProperty("x1").GetSingle(), box.GetProperty("y1").GetSingle(), box.GetProperty("x2").GetSingle(), box.GetProperty("y2").GetSingle());
}
