namespace Fovea;

/// <summary>How far an evaluation is.</summary>
/// <param name="Images">Done.</param>
/// <param name="Total">Of the data set.</param>
public readonly record struct EvaluationProgress(int Images, int Total);
