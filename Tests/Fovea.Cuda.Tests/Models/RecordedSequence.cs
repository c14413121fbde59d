using System.Text;
using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Tests.Models;

/// <summary>A part of a recorded sequence.</summary>
/// <param name="Title">What was done.</param>
/// <param name="Calls">What that asked of the driver and of cuDNN, in order.</param>
internal sealed record RecordedPart(string Title, IReadOnlyList<string> Calls);

/// <summary>
/// All that the toy model asks of a recording driver, and of a recording cuDNN where there is one, from the first allocation to the last
/// free, in bfloat16.
/// </summary>
internal sealed class RecordedSequence : IDisposable
{
    /// <summary>The parts that work the first time as it is issued, the second time captured, from the third on replayed.</summary>
    public const string Issued = "first time: issued";

    /// <inheritdoc cref="Issued"/>
    public const string Captured = "second time: captured and launched";

    /// <inheritdoc cref="Issued"/>
    public const string Replayed = "third time: replayed";

    private const int Side = 64;
    private readonly RecordingCudaDriver driver = new();
    private readonly RecordingCudnn? cudnn;
    private readonly List<RecordedPart> parts = [];

    private RecordedSequence(bool cudnn) => this.cudnn = cudnn ? new RecordingCudnn(driver) : null;

    /// <summary>In order.</summary>
    public IReadOnlyList<RecordedPart> Parts => parts;

    /// <summary>What was made and not given back, the driver's and cuDNN's.</summary>
    public IReadOnlyList<string> Leaks => cudnn is { Leaks: > 0 } ? [.. driver.Leaks, $"{cudnn.Leaks} of cuDNN's"] : driver.Leaks;

    /// <summary>The calls of all parts.</summary>
    public IEnumerable<string> Calls => parts.SelectMany(part => part.Calls);

    /// <summary>The calls of a part.</summary>
    public IReadOnlyList<string> this[string title] => parts.Single(part => part.Title == title).Calls;

    /// <summary>Three training steps on two pictures, each with new pictures.</summary>
    /// <param name="cudnn">Whether cuDNN convolves, where it can.</param>
    public static RecordedSequence Train(bool cudnn)
    {
        var sequence = new RecordedSequence(cudnn);
        using (var detector = sequence.CreateDetector())
        {
            using (var session = detector.CreateTrainingSession(2, Side, Side, maxBoxes: 4))
            {
                sequence.End("training session");
                var optimizer = detector.CreateOptimizer(new Sgd { Momentum = 0.9 });
                sequence.End("optimiser");
                foreach (var time in (string[])[Issued, Captured, Replayed])
                {
                    session.SetInput(new float[2 * Side * Side * 3]);
                    sequence.End($"pictures for the {time.Split(':')[0]}");
                    session.SetTruth(0, [4f, 6, 30, 28], [1]);
                    session.SetTruth(1, [20f, 18, 60, 62], [2]);
                    sequence.End($"boxes for the {time.Split(':')[0]}");
                    session.Step(optimizer, 1e-3, maxGradientNorm: 5);
                    sequence.End(time);
                }
            }

            sequence.End("the session's end");
        }

        sequence.End("the detector's end");
        return sequence;
    }

    /// <summary>Three detections in one picture, each in a new one.</summary>
    /// <inheritdoc cref="Train"/>
    public static RecordedSequence Detect(bool cudnn)
    {
        var sequence = new RecordedSequence(cudnn);
        using (var detector = sequence.CreateDetector())
        {
            using (var session = detector.CreateSession(1, Side, Side))
            {
                sequence.End("session");
                foreach (var time in (string[])[Issued, Captured, Replayed])
                {
                    session.SetInput(new float[Side * Side * 3]);
                    sequence.End($"pictures for the {time.Split(':')[0]}");
                    session.Run();
                    sequence.End(time);
                }

                session.ReadDetections(0, new RawDetection[session.MaxDetections]);
                sequence.End("what was found is read");
            }

            sequence.End("the session's end");
        }

        sequence.End("the detector's end");
        return sequence;
    }

    /// <summary>Ends the driver.</summary>
    public void Dispose() => driver.Dispose();

    /// <summary>All parts, each under its title.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append("# ").Append(part.Title).Append('\n');
            foreach (var call in part.Calls)
            {
                text.Append(call).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private ToyDetector CreateDetector()
    {
        // Nothing is timed or remembered, so that the sequence is the same in each run.
        var options = new DetectorOptions
        {
            Device = Device.Cuda,
            CudaDriver = driver,
            Cudnn = cudnn is null ? null : new CudnnBinding(cudnn, new CudnnOptions { Autotune = false, CacheFolder = "" }),
        };
        var detector = ToyDetector.Create(seed: 1, options);
        End("detector");
        return detector;
    }

    private void End(string title)
    {
        parts.Add(new RecordedPart(title, driver.Calls));
        driver.ClearCalls();
    }
}
