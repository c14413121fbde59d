namespace Fovea.Evaluation;

/// <summary>What an evaluation compared, by class in ascending order of ids; each list in the order of adding.</summary>
/// <param name="Ids">Of the categories.</param>
/// <param name="Names">Of the categories.</param>
/// <param name="Truths">Ground truth.</param>
/// <param name="Detections">All of them.</param>
internal sealed record EvaluatedBoxes(long[] Ids, string[] Names, List<CocoTruth>[] Truths, List<CocoCandidate>[] Detections)
{
    /// <summary>K.</summary>
    public int Classes => Ids.Length;
}

/// <summary>What the pass over a class has found beside COCO's arrays.</summary>
/// <param name="Truths">Objects that are no crowds.</param>
/// <param name="Scores">Of the detections that count at IoU 0.5, falling.</param>
/// <param name="Right">Whether each of them finds an object.</param>
/// <param name="Voc2007">VOC's average precision over 11 points; −1 without objects.</param>
/// <param name="Voc2010">VOC's average precision over all points; −1 without objects.</param>
internal sealed record ClassEvaluation(int Truths, double[] Scores, bool[] Right, double Voc2007, double Voc2010);
