using System.Text;
using Digits;
using Fovea;

// The detector's command line, on sheets of handwritten digits and with every default.
Console.OutputEncoding = Encoding.UTF8;
using var detector = DigitDetector.Create(seed: 1);
return await DetectorApp.RunAsync(detector, args, new TrainerOptions(), DigitScenes.Create);
