namespace Fovea;

/// <summary>What is right, wrong and missed when detections with at least this score are taken, at IoU 0.5.</summary>
/// <param name="Score">Detections with this score or a greater one count.</param>
/// <param name="Right">Detections that find an object (true positives).</param>
/// <param name="Wrong">Detections that find none, or one that a better detection has (false positives).</param>
/// <param name="Truths">Objects that are to be found.</param>
public readonly record struct OperatingPoint(double Score, int Right, int Wrong, int Truths)
{
    /// <summary>Objects that are not found (false negatives).</summary>
    public int Missed => Truths - Right;

    /// <summary>Right ones of all detections, 0 … 1; 0 where there is none.</summary>
    public double Precision => Right + Wrong == 0 ? 0 : (double)Right / (Right + Wrong);

    /// <summary>Objects found of all, 0 … 1; 0 where there is none.</summary>
    public double Recall => Truths == 0 ? 0 : (double)Right / Truths;

    /// <summary>The harmonic mean of precision and recall, 2·right / (2·right + wrong + missed), 0 … 1.</summary>
    public double F1 => Right == 0 ? 0 : 2.0 * Right / (Right + Wrong + Truths);
}
