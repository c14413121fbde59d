using Company.Detector1;
using Fovea;

// The command line: data, train, eval, detect, bench, info, doctor. README.md shows how they are used.
using var detector = ObjectDetector.Create(seed: 1);
return await DetectorApp.RunAsync(detector, args);
