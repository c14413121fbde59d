namespace Fovea;

/// <summary>COCO's twelve numbers, each 0 … 1, or −1 where there is no ground truth to measure by.</summary>
/// <param name="AP">Average precision: mean over classes, IoU 0.50 … 0.95 and recall.</param>
/// <param name="AP50">At IoU 0.50.</param>
/// <param name="AP75">At IoU 0.75.</param>
/// <param name="APSmall">Of objects up to 32² pixels.</param>
/// <param name="APMedium">Of objects from 32² to 96² pixels.</param>
/// <param name="APLarge">Of objects from 96² pixels.</param>
/// <param name="AR1">Average recall with the best detection of each image and class.</param>
/// <param name="AR10">With the best ten.</param>
/// <param name="AR100">With the best hundred.</param>
/// <param name="ARSmall">Of objects up to 32² pixels.</param>
/// <param name="ARMedium">Of objects from 32² to 96² pixels.</param>
/// <param name="ARLarge">Of objects from 96² pixels.</param>
public sealed record CocoSummary(
    double AP, double AP50, double AP75, double APSmall, double APMedium, double APLarge,
    double AR1, double AR10, double AR100, double ARSmall, double ARMedium, double ARLarge)
{
    /// <summary>In pycocotools' order (COCOeval.stats).</summary>
    public double[] ToArray() => [AP, AP50, AP75, APSmall, APMedium, APLarge, AR1, AR10, AR100, ARSmall, ARMedium, ARLarge];
}

/// <summary>The twelve numbers of one class.</summary>
/// <param name="Category">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Summary">As for all classes, but of this one.</param>
/// <param name="Truths">Ground truth boxes that are no crowds.</param>
/// <param name="Detections">Detections, all of them.</param>
public sealed record CocoClassResult(long Category, string Name, CocoSummary Summary, int Truths, int Detections);
