using Fovea;
using Fovea.Tiny;

// The command line over a model that trains in seconds even where each GPU thread is simulated: tests start it as a process of its own.
// Nothing here varies from run to run, so that two devices, or a run that was killed and one that was not, can be compared.
using var detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu });
var seconds = Environment.GetEnvironmentVariable("FOVEA_TINY_STEP_SECONDS");
var recipe = new TrainerOptions
{
    BatchSize = 2,
    Optimizer = new Sgd { LearningRate = 1e-3, Momentum = 0.9 },
    WarmupIterations = 0,
    Schedule = seconds is null ? new CosineSchedule() : new SlowSchedule(int.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture)),
};
return await DetectorApp.RunAsync(detector, args, recipe);
