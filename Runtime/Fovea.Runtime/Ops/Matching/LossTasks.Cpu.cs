namespace Fovea.Ops.Matching;

/// <summary>What the tasks of every loss have in common on one level: a task is one image and one run of anchors.</summary>
internal unsafe struct LossTasks
{
    /// <summary><c>[N, anchors]</c>.</summary>
    public int* Matches;

    /// <summary>Of the images <c>[N]</c>.</summary>
    public float* Weights;

    /// <summary>Places for ground truth in each image.</summary>
    public int Capacity;

    public int Images;
    public int Anchors;

    /// <summary>Anchors of every run but the last.</summary>
    public int ChunkLength;

    /// <summary>Runs of an image.</summary>
    public int Chunks;

    /// <summary>The weighted loss of each task <c>[N, chunks]</c>.</summary>
    public double* Partial;

    public readonly int Count => Images * Chunks;

    /// <summary>A task's image, its first anchor, and the anchor at which it stops.</summary>
    public readonly (int Image, int Start, int Stop) Run(int task)
    {
        var start = task % Chunks * ChunkLength;
        return (task / Chunks, start, Math.Min(start + ChunkLength, Anchors));
    }

    /// <summary>The image's row of <see cref="Matches"/>.</summary>
    public readonly int* MatchesOf(int image) => Matches + ((long)image * Anchors);
}
