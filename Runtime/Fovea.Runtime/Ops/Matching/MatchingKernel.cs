using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fovea.CompilerServices;
using Fovea.Detection;

namespace Fovea.Ops.Matching;

/// <summary>
/// IoUs of eight anchors at a time with an image's ground truth, in torchvision's order of operations, so that SIMD and scalar code agree
/// to the bit.
/// </summary>
internal static unsafe class MatchingKernel
{
    /// <summary>Boxes in one vector.</summary>
    public const int Lanes = 8;

    /// <summary>
    /// For each of G truths: the greatest IoU with the given anchors → <paramref name="maxima"/> <c>[G]</c>, 0 for regions.
    /// <paramref name="scratch"/> holds 8·G floats.
    /// </summary>
    public static void Maxima(Box* anchors, int count, Box* truths, int* classes, int truthCount, float* scratch, float* maxima)
    {
        new Span<float>(scratch, truthCount * Lanes).Clear();
        new Span<float>(maxima, truthCount).Clear();
        var i = 0;
        for (; i <= count - Lanes; i += Lanes)
        {
            var a = Columns.Load(anchors + i);
            for (var g = 0; g < truthCount; g++)
            {
                if (classes[g] >= 0 && a.IoU(truths[g], out var iou))
                {
                    Vector256.Max(iou, Vector256.Load(scratch + g * Lanes)).Store(scratch + g * Lanes);
                }
            }
        }

        for (var g = 0; g < truthCount; g++)
        {
            for (var lane = 0; lane < Lanes; lane++)
            {
                maxima[g] = MathF.Max(maxima[g], scratch[g * Lanes + lane]);
            }

            for (var rest = i; classes[g] >= 0 && rest < count; rest++)
            {
                maxima[g] = MathF.Max(maxima[g], ScalarIoU(truths[g], anchors[rest]));
            }
        }
    }

    /// <summary>
    /// Writes each anchor's match and returns the number of foreground anchors. <paramref name="maxima"/> <c>[G]</c>: an anchor whose IoU
    /// with a truth equals it
    /// is foreground whatever the IoU; +∞ where that must not happen, as for regions.
    /// </summary>
    public static int Assign(
        Box* anchors, int count, Box* truths, int* classes, int truthCount, float* maxima, in MatchingRule rule, int* matches)
    {
        var foreground = 0;
        var first = 0;
        while (first < truthCount && classes[first] < 0)
        {
            first++;
        }

        // What an anchor that overlaps nothing has for its best: the first object, or nothing.
        first = first < truthCount ? first : Matcher.Background;
        var i = 0;
        for (; i <= count - Lanes; i += Lanes)
        {
            var result = Assign(Columns.Load(anchors + i), truths, classes, truthCount, first, maxima, rule);
            result.Store(matches + i);
            foreground += Lanes - int.PopCount((int)Vector256.ExtractMostSignificantBits(result));
        }

        for (; i < count; i++)
        {
            matches[i] = AssignScalar(anchors[i], truths, classes, truthCount, first, maxima, rule);
            foreground += matches[i] >= 0 ? 1 : 0;
        }

        return foreground;
    }

    private static Vector256<int> Assign(
        in Columns a, Box* truths, int* classes, int truthCount, int first, float* maxima, in MatchingRule rule)
    {
        var best = Vector256<float>.Zero;
        var index = Vector256.Create(first);
        var forced = Vector256<float>.Zero;
        var covered = Vector256<float>.Zero;
        for (var g = 0; g < truthCount; g++)
        {
            if (classes[g] < 0)
            {
                covered |= Vector256.GreaterThanOrEqual(a.CoveredBy(truths[g]), Vector256.Create(rule.BackgroundIoU));
                continue;
            }

            if (a.IoU(truths[g], out var iou))
            {
                // Greater, not equal: the first of equal truths stays.
                var better = Vector256.GreaterThan(iou, best);
                best = Vector256.ConditionalSelect(better, iou, best);
                index = Vector256.ConditionalSelect(better.AsInt32(), Vector256.Create(g), index);
            }

            forced |= Vector256.Equals(iou, Vector256.Create(maxima[g]));
        }

        var ignored = Vector256.LessThan(best, Vector256.Create(rule.ForegroundIoU)).AsInt32();
        var background = Vector256.LessThan(best, Vector256.Create(rule.BackgroundIoU)).AsInt32();
        var byThreshold = Vector256.ConditionalSelect(ignored, Vector256.Create(Matcher.Ignored), index);
        byThreshold = Vector256.ConditionalSelect(background, Vector256.Create(Matcher.Background), byThreshold);
        var match = Vector256.ConditionalSelect(forced.AsInt32(), index, byThreshold);
        return Vector256.ConditionalSelect(
            covered.AsInt32() & Vector256.Equals(match, Vector256.Create(Matcher.Background)), Vector256.Create(Matcher.Ignored), match);
    }

    private static int AssignScalar(
        in Box anchor, Box* truths, int* classes, int truthCount, int first, float* maxima, in MatchingRule rule)
    {
        var best = 0f;
        var index = first;
        var forced = false;
        var covered = false;
        for (var g = 0; g < truthCount; g++)
        {
            if (classes[g] < 0)
            {
                covered |= Matcher.Covered(anchor, truths[g]) >= rule.BackgroundIoU;
                continue;
            }

            var iou = ScalarIoU(truths[g], anchor);
            if (iou > best)
            {
                (best, index) = (iou, g);
            }

            forced |= iou == maxima[g];
        }

        var match = forced || best >= rule.ForegroundIoU && best >= rule.BackgroundIoU ? index
            : best < rule.BackgroundIoU ? Matcher.Background : Matcher.Ignored;
        return covered && match == Matcher.Background ? Matcher.Ignored : match;
    }

    private static float ScalarIoU(in Box truth, in Box anchor) => BoxMath.Intersection(truth, anchor) > 0 ? BoxMath.IoU(truth, anchor) : 0;

    /// <summary>Eight boxes, one coordinate to a vector.</summary>
    private readonly struct Columns
    {
        private readonly Vector256<float> x1;
        private readonly Vector256<float> y1;
        private readonly Vector256<float> x2;
        private readonly Vector256<float> y2;
        private readonly Vector256<float> area;

        private Columns(Vector256<float> x1, Vector256<float> y1, Vector256<float> x2, Vector256<float> y2)
        {
            this.x1 = x1;
            this.y1 = y1;
            this.x2 = x2;
            this.y2 = y2;
            area = (x2 - x1) * (y2 - y1);
        }

        public static Columns Load(Box* b) => new(
            Vector256.Create(b[0].X1, b[1].X1, b[2].X1, b[3].X1, b[4].X1, b[5].X1, b[6].X1, b[7].X1),
            Vector256.Create(b[0].Y1, b[1].Y1, b[2].Y1, b[3].Y1, b[4].Y1, b[5].Y1, b[6].Y1, b[7].Y1),
            Vector256.Create(b[0].X2, b[1].X2, b[2].X2, b[3].X2, b[4].X2, b[5].X2, b[6].X2, b[7].X2),
            Vector256.Create(b[0].Y2, b[1].Y2, b[2].Y2, b[3].Y2, b[4].Y2, b[5].Y2, b[6].Y2, b[7].Y2));

        /// <summary>The shares of the boxes that lie in a region.</summary>
        public Vector256<float> CoveredBy(in Box region)
        {
            var width = Vector256.Max(
                Vector256.Min(x2, Vector256.Create(region.X2)) - Vector256.Max(x1, Vector256.Create(region.X1)), Vector256<float>.Zero);
            var height = Vector256.Max(
                Vector256.Min(y2, Vector256.Create(region.Y2)) - Vector256.Max(y1, Vector256.Create(region.Y1)), Vector256<float>.Zero);
            var intersection = width * height;
            return Vector256.ConditionalSelect(
                Vector256.GreaterThan(intersection, Vector256<float>.Zero), intersection / area, Vector256<float>.Zero);
        }

        /// <summary>The IoUs with one box, and whether any of them is not 0 (which spares the division).</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool IoU(in Box truth, out Vector256<float> iou)
        {
            var width = Vector256.Max(
                Vector256.Min(x2, Vector256.Create(truth.X2)) - Vector256.Max(x1, Vector256.Create(truth.X1)), Vector256<float>.Zero);
            var height = Vector256.Max(
                Vector256.Min(y2, Vector256.Create(truth.Y2)) - Vector256.Max(y1, Vector256.Create(truth.Y1)), Vector256<float>.Zero);
            var intersection = width * height;
            if (!Vector256.GreaterThanAny(intersection, Vector256<float>.Zero))
            {
                iou = Vector256<float>.Zero;
                return false;
            }

            iou = Vector256.ConditionalSelect(
                Vector256.GreaterThan(intersection, Vector256<float>.Zero),
                intersection / (Vector256.Create(truth.Area) + area - intersection),
                Vector256<float>.Zero);
            return true;
        }
    }
}
