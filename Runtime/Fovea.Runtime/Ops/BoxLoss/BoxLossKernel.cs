using Fovea.CompilerServices;
using Fovea.Detection;

namespace Fovea.Ops.BoxLoss;

/// <summary>
/// Box losses of one foreground anchor with analytic gradients. Encoding and decoding are float32 as in torchvision; loss and gradient are
/// double: there are few
/// foreground anchors, and the IoU losses cancel.
/// </summary>
/// <remarks>
/// Source: torchvision/ops/{giou,diou,ciou}_loss.py and models/detection/_utils.py, _box_loss (0.14). Where two coordinates tie, max and
/// min give half of the gradient
/// to each; α of CIoU is a constant for the gradient.
/// </remarks>
internal static class BoxLossKernel
{
    /// <summary>Added to denominators.</summary>
    public const double Epsilon = 1e-7;

    /// <summary>The loss of one anchor, unweighted, and its gradient with respect to the deltas times <paramref name="scale"/>.</summary>
    public static double Evaluate(
        in BoxDeltas deltas, in Box anchor, in Box truth, in BoxLossRule rule, float scale, out BoxDeltas gradient)
    {
        if (rule.Kind is BoxLossKind.L1 or BoxLossKind.SmoothL1)
        {
            var target = BoxCoder.Encode(truth, anchor);
            var loss = Distance(deltas.Dx - target.Dx, rule, scale, out var dx) + Distance(deltas.Dy - target.Dy, rule, scale, out var dy)
                + Distance(deltas.Dw - target.Dw, rule, scale, out var dw) + Distance(deltas.Dh - target.Dh, rule, scale, out var dh);
            gradient = new(dx, dy, dw, dh);
            return loss;
        }

        var value = OfBoxes(BoxCoder.Decode(deltas, anchor), truth, rule.Kind, out var corner);
        gradient = BoxCoder.DecodeBackward(
            deltas, anchor, BoxWeights.One, (corner.X1 * scale, corner.Y1 * scale, corner.X2 * scale, corner.Y2 * scale));
        return value;
    }

    /// <summary>
    /// |d| or Huber's function of it. Smooth L1 at β = 0 has torch's gradient −1 at d = 0 (its first branch is d ≤ −β); L1 has 0 there.
    /// </summary>
    public static double Distance(float difference, in BoxLossRule rule, float scale, out float gradient)
    {
        var magnitude = MathF.Abs(difference);
        var beta = rule.Beta;
        if (rule.Kind == BoxLossKind.L1)
        {
            gradient = difference > 0 ? scale : difference < 0 ? -scale : difference * scale;
            return magnitude;
        }

        gradient = difference <= -beta ? -scale : difference >= beta ? scale : difference / beta * scale;
        return magnitude < beta ? 0.5 * magnitude * magnitude / beta : magnitude - 0.5 * beta;
    }

    /// <summary>1 − GIoU, DIoU or CIoU of two boxes, and the gradient with respect to the first one's corners.</summary>
    public static double OfBoxes(in Box box, in Box truth, BoxLossKind kind, out (double X1, double Y1, double X2, double Y2) gradient)
    {
        double width = (double)box.X2 - box.X1;
        double height = (double)box.Y2 - box.Y1;
        double commonWidth = (double)MathF.Min(box.X2, truth.X2) - MathF.Max(box.X1, truth.X1);
        double commonHeight = (double)MathF.Min(box.Y2, truth.Y2) - MathF.Max(box.Y1, truth.Y1);
        var overlaps = commonWidth > 0 && commonHeight > 0;
        var common = overlaps ? commonWidth * commonHeight : 0;
        var union = width * height + ((double)truth.X2 - truth.X1) * ((double)truth.Y2 - truth.Y1) - common;
        var iou = common / (union + Epsilon);

        // d(−iou) = byCommon·d(common) + byArea·d(width·height)
        var byArea = common / ((union + Epsilon) * (union + Epsilon));
        var byCommon = -1 / (union + Epsilon) - byArea;
        gradient = default;
        double loss;
        if (kind == BoxLossKind.GIoU)
        {
            loss = 1 - iou + Hull(box, truth, union, ref byArea, ref byCommon, ref gradient);
        }
        else
        {
            loss = 1 - iou + CentreDistance(box, truth, ref gradient);
            loss += kind == BoxLossKind.CIoU ? AspectRatio(width, height, truth, iou, ref gradient) : 0;
        }

        if (!overlaps)
        {
            byCommon = 0;
        }

        gradient.X1 -= byArea * height + byCommon * commonHeight * Share(box.X1, truth.X1);
        gradient.Y1 -= byArea * width + byCommon * commonWidth * Share(box.Y1, truth.Y1);
        gradient.X2 += byArea * height + byCommon * commonHeight * Share(truth.X2, box.X2);
        gradient.Y2 += byArea * width + byCommon * commonWidth * Share(truth.Y2, box.Y2);
        return loss;
    }

    /// <summary>GIoU's (hull − union) / hull.</summary>
    private static double Hull(
        in Box box, in Box truth, double union, ref double byArea, ref double byCommon,
        ref (double X1, double Y1, double X2, double Y2) gradient)
    {
        double width = (double)MathF.Max(box.X2, truth.X2) - MathF.Min(box.X1, truth.X1);
        double height = (double)MathF.Max(box.Y2, truth.Y2) - MathF.Min(box.Y1, truth.Y1);
        var hull = width * height;
        var byHull = (1 - (hull - union) / (hull + Epsilon)) / (hull + Epsilon);
        byArea -= 1 / (hull + Epsilon);
        byCommon += 1 / (hull + Epsilon);
        gradient.X1 -= byHull * height * Share(truth.X1, box.X1);
        gradient.Y1 -= byHull * width * Share(truth.Y1, box.Y1);
        gradient.X2 += byHull * height * Share(box.X2, truth.X2);
        gradient.Y2 += byHull * width * Share(box.Y2, truth.Y2);
        return (hull - union) / (hull + Epsilon);
    }

    /// <summary>DIoU's squared distance of the centres over the squared diagonal of the hull.</summary>
    private static double CentreDistance(in Box box, in Box truth, ref (double X1, double Y1, double X2, double Y2) gradient)
    {
        double width = (double)MathF.Max(box.X2, truth.X2) - MathF.Min(box.X1, truth.X1);
        double height = (double)MathF.Max(box.Y2, truth.Y2) - MathF.Min(box.Y1, truth.Y1);
        var diagonal = width * width + height * height + Epsilon;
        var dx = ((double)box.X1 + box.X2 - truth.X1 - truth.X2) / 2;
        var dy = ((double)box.Y1 + box.Y2 - truth.Y1 - truth.Y2) / 2;
        var term = (dx * dx + dy * dy) / diagonal;
        var byWidth = -2 * term / diagonal * width;
        var byHeight = -2 * term / diagonal * height;
        gradient.X1 += dx / diagonal - byWidth * Share(truth.X1, box.X1);
        gradient.Y1 += dy / diagonal - byHeight * Share(truth.Y1, box.Y1);
        gradient.X2 += dx / diagonal + byWidth * Share(box.X2, truth.X2);
        gradient.Y2 += dy / diagonal + byHeight * Share(box.Y2, truth.Y2);
        return term;
    }

    /// <summary>CIoU's α·v. A box without width and height has no aspect ratio (torchvision: NaN); there the term is 0.</summary>
    private static double AspectRatio(
        double width, double height, in Box truth, double iou, ref (double X1, double Y1, double X2, double Y2) gradient)
    {
        var square = width * width + height * height;
        double truthWidth = (double)truth.X2 - truth.X1;
        double truthHeight = (double)truth.Y2 - truth.Y1;
        if (square == 0 || (truthWidth == 0 && truthHeight == 0))
        {
            return 0;
        }

        var angle = Math.Atan(truthWidth / truthHeight) - Math.Atan(width / height);
        var v = 4 / (Math.PI * Math.PI) * angle * angle;
        var alpha = v / (1 - iou + v + Epsilon);
        var byRatio = alpha * -8 / (Math.PI * Math.PI) * angle / square;
        gradient.X1 -= byRatio * height;
        gradient.X2 += byRatio * height;
        gradient.Y1 += byRatio * width;
        gradient.Y2 -= byRatio * width;
        return alpha * v;
    }

    /// <summary>What max(a, b) passes to a.</summary>
    private static double Share(float a, float b) => a > b ? 1 : a == b ? 0.5 : 0;
}
