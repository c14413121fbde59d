using Cells;
using Fovea;

// One detector for all requests; many detect at once.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(_ => TileDetector.Create(seed: 1));
var app = builder.Build();
app.MapPost("/detect", async (HttpRequest request, TileDetector detector, CancellationToken cancellation) =>
{
    using var body = new MemoryStream();
    await request.Body.CopyToAsync(body, cancellation);
    try
    {
        var found = await detector.DetectAsync(body.ToArray(), cancellationToken: cancellation);
        return Results.Ok(found.Select(d => new { Class = d.Class.ToString(), d.Score, d.Box.X1, d.Box.Y1, d.Box.X2, d.Box.Y2 }));
    }
    catch (InvalidImageException e)
    {
        return Results.BadRequest(e.Message);
    }
});
app.Run();
