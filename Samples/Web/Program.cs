using System.Text;
using Fovea;
using Quickstart;
using Web;

// A page where one drops a picture or opens the camera, over /detect.
// --weights FILE serves these; else those of an earlier start or of the quickstart; else it trains first, some minutes on two cores.
// `prepare` as the first argument ends before it serves: an image is built so.
Console.OutputEncoding = Encoding.UTF8;
var builder = WebApplication.CreateBuilder(args);
var weights = await SceneWeights.FindOrTrainAsync(builder.Configuration);
if (args is ["prepare", ..])
{
    return;
}

builder.Services.AddDetector<ShapeDetector, Shape>(o => ShapeDetector.Load(weights, o));
var app = builder.Build();
app.MapDetector("/detect");
app.MapHealthChecks("/health");
app.MapPage();
app.MapScenes("/scenes");
await app.RunAsync();
