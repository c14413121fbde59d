using System.Diagnostics;
using System.Globalization;
using Fovea.CompilerServices;
using Fovea.Devices;

namespace Fovea.TestSupport;

/// <summary>
/// Damaged files of weights: each is loaded whole or refused with the readers' own exception, with the old weights bit for bit, in bounded
/// time and memory.
/// </summary>
internal static class CheckpointFuzz
{
    private const ulong Seed = 6;
    private const int MaxMessage = 5000;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    /// <summary>How many are tried: FOVEA_FUZZ says so. The same number is the same damage.</summary>
    public static int CountOr(int standard) =>
        Environment.GetEnvironmentVariable("FOVEA_FUZZ") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : standard;

    /// <summary>Loads each into the detector, and looks at what is left.</summary>
    /// <param name="detector">Gets first weights of its own.</param>
    /// <param name="count">Files.</param>
    /// <param name="maxBytes">What the reader of one may allocate.</param>
    /// <param name="damaged">The file of a number.</param>
    /// <param name="options">How they are read.</param>
    /// <returns>How many were refused.</returns>
    /// <exception cref="CheckFailedException">Another exception, too much memory or time, or other weights than before.</exception>
    public static int Run(Detector detector, int count, long maxBytes, Func<int, byte[]> damaged, LoadOptions? options = null)
    {
        detector.InitializeWeights(Seed);
        var old = StateOf(detector);
        var refused = 0;
        for (var number = 0; number < count; number++)
        {
            var file = damaged(number);
            var clock = Stopwatch.StartNew();
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                detector.LoadWeights(file, options);
                detector.InitializeWeights(Seed);
            }
            catch (CheckpointException e)
            {
                refused++;
                Check(e.Message.Length < MaxMessage, number, $"a message of {e.Message.Length} characters");
            }
            catch (Exception e)
            {
                Check(false, number, e.ToString());
            }

            Check(GC.GetAllocatedBytesForCurrentThread() - before < maxBytes, number, "memory");
            Check(clock.Elapsed < MaxTime, number, clock.Elapsed.ToString());
            Check(old.AsSpan().SequenceEqual(StateOf(detector)), number, "the weights have changed");
        }

        return refused;
    }

    private static void Check(bool holds, int number, string problem)
    {
        if (!holds)
        {
            throw new CheckFailedException($"file {number}: {problem}");
        }
    }

    private static float[] StateOf(Detector detector)
    {
        var model = detector.Description;
        var state = new float[model.ParameterLength + model.StatisticsLength];
        detector.Model.Read(StateBuffer.Parameters, 0, state.AsSpan(0, model.ParameterLength));
        detector.Model.Read(StateBuffer.Statistics, 0, state.AsSpan(model.ParameterLength));
        return state;
    }
}
