using Cells;
using Fovea;

// One detector for all requests; many detect at once.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Services.AddDetector<TileDetector, Tile>(o => TileDetector.Create(seed: 1, o), new() { MaxRequestBytes = 1 << 20 });
var app = builder.Build();
app.MapDetector("/detect");
app.MapHealthChecks("/health");
app.Run();
