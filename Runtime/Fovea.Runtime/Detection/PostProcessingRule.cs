namespace Fovea;

/// <summary>From logits and deltas to detections.</summary>
/// <param name="Classes">K.</param>
/// <param name="ScoreThreshold">Scores must be greater than this.</param>
/// <param name="TopK">Candidates kept for each level.</param>
/// <param name="NmsIoU">Boxes of the same class with greater IoU are suppressed.</param>
/// <param name="MaxDetections">Detections for each image.</param>
public readonly record struct PostProcessingRule(
    int Classes, float ScoreThreshold = 0.05f, int TopK = 1000, float NmsIoU = 0.5f, int MaxDetections = 100);
