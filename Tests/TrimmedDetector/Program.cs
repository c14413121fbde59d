using Fovea;
using Fovea.Tiny;

// What is left of a detector when all that it does not reach is trimmed away. It detects, and says what asking for CUDA comes to.
using var detector = TileDetector.Create(seed: 1);
Console.WriteLine(detector.DeviceDescription);
Console.WriteLine($"found {detector.Detect(new RgbImage(64, 64)).Count}");
try
{
    detector.MoveTo(new DetectorOptions { Device = Device.Cuda });
    Console.WriteLine(detector.DeviceDescription);
}
catch (CudaException e)
{
    Console.WriteLine($"{e.Failure}: {e.Message}");
}
