using System.Diagnostics;
using Fovea.App.Suggestion;

namespace Fovea.App.Diagnosis;

/// <summary>Whether the detector detects where it is asked to. All else may be missing.</summary>
internal static class DetectionProbe
{
    /// <param name="detector">Whose weights may be any.</param>
    /// <param name="move">Moves it to the device that is asked for; throws where that cannot be used.</param>
    public static IEnumerable<Finding> Find<TClass>(Detector<TClass> detector, Action move)
        where TClass : struct, Enum
    {
        const int Width = 320;
        const int Height = 240;
        move();
        var picture = NoiseBatch.Picture(Width, Height);
        var (first, second) = (Time(() => detector.Detect(picture)), Time(() => detector.Detect(picture)));
        var times = FormattableString.Invariant($"takes {second:0.0} ms, the first time {first:0.0} ms");
        yield return new(
            "detection", detector.Device.ToString(), Verdict.Ok, $"{detector.DeviceDescription}; {detector.Description.Name} {times}");
    }

    private static double Time(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalMilliseconds;
    }
}
