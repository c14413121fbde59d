using Fovea.CompilerServices;
using Fovea.Detection;

namespace Fovea.Ops.BoxLoss;

/// <summary>Four corners with derivatives.</summary>
internal readonly record struct DualBox(Dual X1, Dual Y1, Dual X2, Dual Y2)
{
    public static implicit operator DualBox(Box b) => new((double)b.X1, (double)b.Y1, (double)b.X2, (double)b.Y2);

    /// <summary>A box whose corners are the four variables.</summary>
    public static DualBox Variables(Box b) => new(
        Dual.Variable(b.X1, 0), Dual.Variable(b.Y1, 1), Dual.Variable(b.X2, 2), Dual.Variable(b.Y2, 3));
}

/// <summary>
/// Box losses as torchvision writes them, in double, with derivatives by <see cref="Dual"/>: what the analytic gradients are tested
/// against.
/// </summary>
/// <remarks>Source: torchvision/ops/{_utils,giou_loss,diou_loss,ciou_loss}.py and models/detection/_utils.py (0.14).</remarks>
internal static class BoxLossReference
{
    /// <summary>The loss of one anchor, unweighted, with derivatives with respect to its deltas.</summary>
    public static Dual Evaluate(in BoxDeltas deltas, in Box anchor, in Box truth, in BoxLossRule rule)
    {
        if (rule.Kind is BoxLossKind.L1 or BoxLossKind.SmoothL1)
        {
            var target = BoxCoder.Encode(truth, anchor);
            return Distance(Dual.Variable(deltas.Dx, 0) - target.Dx, rule) + Distance(Dual.Variable(deltas.Dy, 1) - target.Dy, rule)
                + Distance(Dual.Variable(deltas.Dw, 2) - target.Dw, rule) + Distance(Dual.Variable(deltas.Dh, 3) - target.Dh, rule);
        }

        return OfBoxes(Decode(deltas, anchor, BoxWeights.One), truth, rule.Kind);
    }

    /// <summary>BoxCoder.decode_single with derivatives with respect to the deltas.</summary>
    public static DualBox Decode(in BoxDeltas deltas, in Box anchor, BoxWeights weights)
    {
        double width = anchor.Width;
        double height = anchor.Height;
        var x = Dual.Variable(deltas.Dx, 0) / weights.X * width + (anchor.X1 + 0.5 * width);
        var y = Dual.Variable(deltas.Dy, 1) / weights.Y * height + (anchor.Y1 + 0.5 * height);
        var w = Dual.Exp(Dual.ClampAbove(Dual.Variable(deltas.Dw, 2) / weights.W, BoxCoder.MaximumLogSize)) * width;
        var h = Dual.Exp(Dual.ClampAbove(Dual.Variable(deltas.Dh, 3) / weights.H, BoxCoder.MaximumLogSize)) * height;
        return new(x - 0.5 * w, y - 0.5 * h, x + 0.5 * w, y + 0.5 * h);
    }

    /// <summary>|d|, or Huber's function with torch's branches: at |d| = β the linear one.</summary>
    public static Dual Distance(Dual d, in BoxLossRule rule)
    {
        if (rule.Kind == BoxLossKind.L1)
        {
            return Dual.Abs(d);
        }

        double beta = rule.Beta;
        return d.Value <= -beta ? -0.5 * beta - d : d.Value >= beta ? d - 0.5 * beta : 0.5 / beta * d * d;
    }

    /// <summary>1 − GIoU, 1 − DIoU or 1 − CIoU.</summary>
    public static Dual OfBoxes(DualBox a, DualBox b, BoxLossKind kind)
    {
        var x1 = Dual.Max(a.X1, b.X1);
        var y1 = Dual.Max(a.Y1, b.Y1);
        var x2 = Dual.Min(a.X2, b.X2);
        var y2 = Dual.Min(a.Y2, b.Y2);
        var common = x2.Value > x1.Value && y2.Value > y1.Value ? (x2 - x1) * (y2 - y1) : 0;
        var union = (a.X2 - a.X1) * (a.Y2 - a.Y1) + (b.X2 - b.X1) * (b.Y2 - b.Y1) - common;
        var iou = common / (union + BoxLossKernel.Epsilon);
        var hullWidth = Dual.Max(a.X2, b.X2) - Dual.Min(a.X1, b.X1);
        var hullHeight = Dual.Max(a.Y2, b.Y2) - Dual.Min(a.Y1, b.Y1);
        if (kind == BoxLossKind.GIoU)
        {
            var hull = hullWidth * hullHeight;
            return 1 - (iou - (hull - union) / (hull + BoxLossKernel.Epsilon));
        }

        var diagonal = hullWidth * hullWidth + hullHeight * hullHeight + BoxLossKernel.Epsilon;
        var dx = (a.X1 + a.X2) / 2 - (b.X1 + b.X2) / 2;
        var dy = (a.Y1 + a.Y2) / 2 - (b.Y1 + b.Y2) / 2;
        var diou = 1 - iou + (dx * dx + dy * dy) / diagonal;
        return kind == BoxLossKind.DIoU ? diou : diou + AspectRatio(a, b, iou);
    }

    private static Dual AspectRatio(DualBox a, DualBox b, Dual iou)
    {
        var angle = Dual.Atan((b.X2 - b.X1) / (b.Y2 - b.Y1)) - Dual.Atan((a.X2 - a.X1) / (a.Y2 - a.Y1));
        var v = 4 / (Math.PI * Math.PI) * angle * angle;
        var alpha = (v / (1 - iou + v + BoxLossKernel.Epsilon)).Detach();
        return alpha * v;
    }
}
