using System.Text;
using Fovea;
using SmallDetails;

// The detector's command line, for the newcomer's declaration or, after the word "suggested", the one in its place.
Console.OutputEncoding = Encoding.UTF8;
var suggested = args is ["suggested", ..];
using Detector<Drive> detector = suggested ? Suggested.Create(seed: 1) : Newcomer.Create(seed: 1);
return await DetectorApp.RunAsync(detector, suggested ? args[1..] : args, new TrainerOptions(), split => split switch
{
    "train" => ScrewScenes.Create(160, seed: 1),
    "val" => ScrewScenes.Create(20, seed: 2),
    "test" => ScrewScenes.Create(40, seed: 3),
    _ => null,
});
