using System.Text;
using Fovea;
using SmallDetails;

// The detector's command line, for the newcomer's declaration or, after the word "suggested" or "pretrained", one in its place. "large WEIGHTS"
// measures what the latter finds in a picture of 6000×4000.
Console.OutputEncoding = Encoding.UTF8;
if (args is ["large", var weights])
{
    using var trained = Pretrained.Load(weights);
    LargePicture.Measure(trained);
    return 0;
}

using Detector<Drive> detector = args switch
{
    ["suggested", ..] => Suggested.Create(seed: 1),
    ["pretrained", ..] => Pretrained.Create(seed: 1),
    _ => Newcomer.Create(seed: 1),
};
return await DetectorApp.RunAsync(detector, detector is Newcomer ? args : args[1..], new TrainerOptions(), split => split switch
{
    "train" => ScrewScenes.Create(160, seed: 1),
    "val" => ScrewScenes.Create(20, seed: 2),
    "test" => ScrewScenes.Create(40, seed: 3),
    _ => null,
});
