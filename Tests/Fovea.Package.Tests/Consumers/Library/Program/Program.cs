using Cells;
using Fovea;

// The detector is declared in the library; the package's switch reaches the program that refers to it.
using var detector = TileDetector.Create(seed: 1);
Console.WriteLine(detector.DeviceDescription);
Console.WriteLine($"found {detector.Detect(new RgbImage(64, 64)).Count}");
