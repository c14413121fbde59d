namespace Fovea.Detection;

/// <summary>What an image's loss sums are multiplied by.</summary>
/// <remarks>
/// Source: torchvision/models/detection/retinanet.py (0.14), compute_loss of both heads: sum / max(1, foreground of the image), then the
/// sum over images / N.
/// detectron2/modeling/meta_arch/{retinanet,dense_detector}.py: the foreground F of the whole batch goes into a running mean
/// m ← 0.9·m + 0.1·max(1, F), m started at 100 and updated <em>before</em> it is used; the sums over the whole batch are divided by m (not
/// by N as well).
/// </remarks>
internal static class LossWeighting
{
    /// <summary>The running mean before the first batch.</summary>
    public const float InitialMean = 100;

    /// <summary>What the running mean keeps of itself at each batch.</summary>
    public const double Momentum = 0.9;

    /// <summary>1 / (N · max(1, foreground)).</summary>
    public static float PerImage(int images, int foreground) => (float)(1.0 / ((double)images * Math.Max(1, foreground)));

    /// <summary>The running mean after a batch with this many foreground anchors; a state of 0 means that there was none before.</summary>
    public static float Update(float mean, long foreground) =>
        (float)(Momentum * (mean == 0 ? InitialMean : mean) + (1 - Momentum) * Math.Max(1, foreground));

    /// <summary>1 / max(1, running mean), the same for every image of the batch.</summary>
    public static float Running(float mean) => 1 / MathF.Max(1, mean);
}
