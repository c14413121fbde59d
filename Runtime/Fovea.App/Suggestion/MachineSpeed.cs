using System.Diagnostics;

namespace Fovea.App.Suggestion;

/// <summary>What this machine does, measured with the network that the program was compiled with.</summary>
/// <param name="TrainingMacsPerSecond">Multiply-accumulates of forward and backward.</param>
/// <param name="TrainingWorkPerSecond">The same with what values cost beside their products: as many for networks of any width.</param>
/// <param name="Device">Where.</param>
internal sealed record MachineSpeed(double TrainingMacsPerSecond, double TrainingWorkPerSecond, string Device)
{
    // What norm, activation, gradient and memory of a value cost beside its products. Fitted to two networks on two threads of
    // one CPU, whose rates differ by 2.4 if products alone count; three more agreed within an eighth. Not measured elsewhere.
    private const double MacsPerActivation = 1800;

    // Of a planned training session, for each value that a convolution writes: norms keep theirs, too, and backward takes turns.
    private const double BytesPerActivation = 8;
    private const int Images = 2;
    private const int Side = 256;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(4);

    /// <summary>Times forward and backward on noise. Weights stay; running statistics of batch norms move, so measure before
    /// training.</summary>
    /// <param name="detector">Which network, and on which device.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    public static MachineSpeed Measure(Detector detector, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(detector);
        using var session = detector.CreateTrainingSession(Images, Side, Side, maxBoxes: 8);
        NoiseBatch.Fill(session, detector.Description);

        // The first run loads code and kernels, the second captures on CUDA.
        session.ForwardBackward();
        session.ForwardBackward();
        var (clock, best) = (Stopwatch.StartNew(), TimeSpan.MaxValue);
        do
        {
            cancellation.ThrowIfCancellationRequested();
            var before = clock.Elapsed;
            session.ForwardBackward();
            best = clock.Elapsed - before < best ? clock.Elapsed - before : best;
        }
        while (clock.Elapsed < Enough);

        var macs = MacsAt(detector.Description, Side, Side);
        var activations = session.Plan.ArenaLength * sizeof(float) / BytesPerActivation / Images;
        return new MachineSpeed(
            3 * macs * Images / best.TotalSeconds, Work(macs, activations) * Images / best.TotalSeconds, detector.DeviceDescription);
    }

    /// <summary>Seconds in which a network learns from one image.</summary>
    public double SecondsPerImage(NetworkCandidate network) => Work(network.Macs, network.Activations) / TrainingWorkPerSecond;

    /// <summary>Memory of a training run: activations of a batch, and weights with gradients and two moments.</summary>
    public static double Bytes(NetworkCandidate network, int batch) => ActivationBytes(network, batch) + (16.0 * network.Weights);

    /// <summary>What a training session plans for a batch.</summary>
    public static double ActivationBytes(NetworkCandidate network, int batch) => BytesPerActivation * network.Activations * batch;

    /// <summary>Of forward and backward, in multiply-accumulates.</summary>
    private static double Work(double macs, double activations) => (3 * macs) + (MacsPerActivation * activations);

    /// <summary>Multiply-accumulates of the declared network for an image on a canvas, from what the compiler has written down for another
    /// one.</summary>
    public static double MacsAt(ModelDescription model, int width, int height)
    {
        var (w, h) = model.InputSizes is [var first, ..] ? (first.Width, first.Height) : (800, 800);
        return model.Stages.Sum(s => (double)s.MacsPerImage) * width * height / ((double)w * h);
    }
}
