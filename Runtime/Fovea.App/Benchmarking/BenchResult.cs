namespace Fovea.App.Benchmarking;

/// <summary>What a machine does with a model.</summary>
/// <param name="Model">The declared class.</param>
/// <param name="Backbone">Its backbone.</param>
/// <param name="Device">Where, in words.</param>
/// <param name="Processors">That the runtime sees.</param>
/// <param name="Detection">For each canvas and batch.</param>
/// <param name="Training">For each canvas; empty where it was left out.</param>
/// <param name="PeakBytesDetection">The process's memory at its height when detection was measured.</param>
/// <param name="PeakBytes">The same at the end.</param>
internal sealed record BenchResult(
    string Model, string Backbone, string Device, int Processors, IReadOnlyList<BenchRow> Detection, IReadOnlyList<BenchRow> Training,
    long PeakBytesDetection, long PeakBytes);

/// <summary>A measurement.</summary>
/// <param name="Width">Of the canvas, in pixels.</param>
/// <param name="Height">Of the canvas, in pixels.</param>
/// <param name="Batch">Images at a time.</param>
/// <param name="Runs">That were timed.</param>
/// <param name="MedianMilliseconds">Of a run.</param>
/// <param name="P90Milliseconds">Nine of ten runs took no longer.</param>
/// <param name="ImagesPerSecond">At the median.</param>
/// <param name="GigaFlopsPerSecond">At the median; a multiply-accumulate is two operations, a training step three passes.</param>
internal sealed record BenchRow(
    int Width, int Height, int Batch, int Runs, double MedianMilliseconds, double P90Milliseconds, double ImagesPerSecond,
    double GigaFlopsPerSecond);
