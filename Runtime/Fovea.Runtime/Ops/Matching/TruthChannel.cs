namespace Fovea.Ops.Matching;

/// <summary>The classes of the ground truth, which are channels of the logits.</summary>
internal static unsafe class TruthChannel
{
    /// <summary>The class of one box; fails where there is no such channel.</summary>
    /// <param name="ofTruth">Classes <c>[N, capacity]</c>.</param>
    /// <param name="capacity">Boxes that fit for each image.</param>
    /// <param name="image">Of the batch.</param>
    /// <param name="match">The box.</param>
    /// <param name="count">K.</param>
    public static int Of(int* ofTruth, int capacity, int image, int match, int count)
    {
        var channel = ofTruth[((long)image * capacity) + match];
        return (uint)channel < (uint)count
            ? channel
            : throw new InvalidOperationException(
                $"Ground truth {match} of image {image} has class {channel}, expected 0 … {count - 1}: classes are channels.");
    }
}
