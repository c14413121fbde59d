using System.Globalization;
using System.Runtime.InteropServices;
using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.Ops.FocalLoss;
using Fovea.Tests.Detection;

namespace Fovea.Tests.Goldens;

[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public class LossGoldenTests
{
    /// <summary>Of the greatest element.</summary>
    private const double Tolerance = 1e-5;

    [SkippableTheory]
    [GoldenData(GoldenKinds.FocalLoss)]
    public void Focal_losses_and_gradients_equal_torchvisions(GoldenEntry entry)
    {
        entry.Require();
        var t = entry.Tensors();
        var seen = new HashSet<string>();
        foreach (var c in entry.Params.GetProperty("cases").EnumerateArray())
        {
            var name = c.GetProperty("name").GetString()!["focal.".Length..];
            var rule = new FocalRule(c.GetProperty("alpha").GetSingle(), c.GetProperty("gamma").GetSingle(), 1);
            foreach (var set in new[] { "focal", "focal_ext" })
            {
                var (logits, targets) = (t[$"{set}.logits"].F32, t[$"{set}.targets"].F32);
                var reference = logits.Zip(targets)
                    .Select(e => FocalReference.Element(e.First, e.Second > 0, rule.Alpha, rule.Gamma)).ToArray();
                CheckFocal(entry, t, $"{set}.{name}", "loss", [.. reference.Select(r => r.Loss)], 1e-12, seen);
                CheckFocal(entry, t, $"{set}.{name}", "grad", [.. reference.Select(r => r.Gradient)], 1e-12, seen);
                var (losses, gradients) = FocalByBackend(logits, targets, rule);
                CheckFocal(entry, t, $"{set}.{name}", "loss", [.. losses.Select(v => (double)v)], 1e-6, seen);
                CheckFocal(entry, t, $"{set}.{name}", "grad", [.. gradients.Select(v => (double)v)], 1e-6, seen);
                seen.UnionWith([$"{set}.logits", $"{set}.targets"]);
            }

            var sum = FocalSum(t["focal.logits"].F32, t["focal.targets"].F32, rule);
            GoldenAssert.Close(entry, $"{name} sum", [(float)c.GetProperty("sum").GetDouble()], [sum], 1e-6);
            GoldenAssert.Close(entry, $"{name} mean", [(float)c.GetProperty("mean").GetDouble()], [sum / t["focal.logits"].Length], 1e-6);
            GoldenAssert.Close(entry, $"{name} fp32_sum_reduction", [c.GetProperty("fp32_sum_reduction").GetSingle()], [sum], 1e-5);
        }

        Assert.Equal(t.Keys.Order(), seen.Order());
    }

    [SkippableTheory]
    [GoldenData(GoldenKinds.BoxLoss)]
    public void Box_losses_and_gradients_equal_torchvisions(GoldenEntry entry)
    {
        entry.Require();
        var t = entry.Tensors();
        var seen = new HashSet<string>();
        foreach (var c in entry.Params.GetProperty("cases").EnumerateArray())
        {
            var name = c.GetProperty("name").GetString()!;
            var isDistance = name.StartsWith("reg.", StringComparison.Ordinal);
            var sum = isDistance ? CheckDistance(entry, t, name, seen) : CheckIoU(entry, t, "iou", name[4..], seen);
            GoldenAssert.Close(entry, $"{name} sum", [(float)c.GetProperty("sum64").GetDouble()], [(float)sum], Tolerance);
            if (t.ContainsKey($"iou_special.{name[4..]}.loss"))
            {
                CheckIoU(entry, t, "iou_special", name[4..], seen);
            }
        }

        foreach (var name in t.Keys.Where(
            k => k.StartsWith("boxloss.", StringComparison.Ordinal) && k.EndsWith(".sum", StringComparison.Ordinal)))
        {
            CheckAnchors(entry, t, name[..^4], seen);
        }

        CheckMatrices(entry, t, seen);
        Assert.Equal(t.Keys.Order(), seen.Order());
    }

    /// <summary>
    /// Against the exact values, and against what torchvision returned: float32 that cancels, and NaN gradients where γ &lt; 1.
    /// </summary>
    private static void CheckFocal(
        GoldenEntry entry, Dictionary<string, GoldenTensor> t, string name, string what, double[] actual, double tolerance,
        HashSet<string> seen)
    {
        var stable = t[$"{name}.{what}_stable64"].F64;
        var returned = t[$"{name}.{what}"].F32;
        var isNaN = what == "grad" && t.TryGetValue($"{name}.grad_is_nan", out var nan) ? nan.Bool : new bool[actual.Length];
        var greatest = stable.Max(Math.Abs);
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(double.IsFinite(actual[i]), $"{entry.Id} {name}.{what} [{i}] is {actual[i]}.");
            var error = Math.Abs(actual[i] - stable[i]);
            Assert.True(
                error <= tolerance * greatest,
                $"{entry.Id} {name}.{what}_stable64 [{i}] expected {stable[i]} actual {actual[i]} error {error:G3}");
            error = isNaN[i] ? 0 : Math.Abs(actual[i] - returned[i]);
            Assert.True(
                error <= Tolerance * greatest,
                $"{entry.Id} {name}.{what} [{i}] expected {returned[i]} actual {actual[i]} error {error:G3}");
        }

        foreach (var tensor in new[] { $"{name}.{what}_stable64", $"{name}.{what}", $"{name}.grad_is_nan" }.Where(t.ContainsKey))
        {
            seen.Add(tensor);
            GoldenReport.Checked(entry, tensor);
        }
    }

    /// <summary>Each element as an image of its own, one anchor, one class: the loss comes back element by element.</summary>
    private static (float[] Losses, float[] Gradients) FocalByBackend(float[] logits, float[] targets, FocalRule rule)
    {
        var losses = new float[logits.Length];
        var gradients = new float[logits.Length];
        using var arena = new CpuArena(1);
        var truth = arena.Truth([[new Box(0, 0, 1, 1)]], [[0]]);
        var match = arena.Matches(1, [0]);
        var map = arena.Map(1, 1, 1);
        var gradient = arena.Map(1, 1, 1);
        var loss = arena.Loss();
        for (var i = 0; i < logits.Length; i++)
        {
            arena.Context.Write(map.Offset, [logits[i]]);
            arena.Context.Write(match.Offset, [targets[i] > 0 ? 0 : Matcher.Background]);
            arena.Backend.FocalLoss(map, match, truth, rule, loss, gradient);
            losses[i] = arena.Value(loss);
            gradients[i] = arena.Floats(gradient)[0];
        }

        return (losses, gradients);
    }

    /// <summary>All elements as anchors of one image.</summary>
    private static float FocalSum(float[] logits, float[] targets, FocalRule rule)
    {
        using var arena = new CpuArena();
        var truth = arena.Truth([[new Box(0, 0, 1, 1)]], [[0]]);
        var matches = arena.Matches(1, [.. targets.Select(v => v > 0 ? 0 : Matcher.Background)]);
        var loss = arena.Loss();
        arena.Backend.FocalLoss(arena.Map(logits, 1, logits.Length, 1), matches, truth, rule, loss, arena.Map(1, logits.Length, 1));
        return arena.Value(loss);
    }

    private static double CheckDistance(GoldenEntry entry, Dictionary<string, GoldenTensor> t, string name, HashSet<string> seen)
    {
        var rule = DistanceRule(name["reg.".Length..]);
        var (prediction, target) = (t["reg.pred"].F32, t["reg.target"].F32);
        var losses = new float[prediction.Length];
        var gradients = new float[prediction.Length];
        var reference = new Dual[prediction.Length];
        for (var i = 0; i < losses.Length; i++)
        {
            losses[i] = (float)BoxLossKernel.Distance(prediction[i] - target[i], rule, 1, out gradients[i]);
            reference[i] = BoxLossReference.Distance(Dual.Variable(prediction[i], 0) - target[i], rule);
        }

        GoldenAssert.Close(entry, $"{name}.loss", t[$"{name}.loss"].F32, losses, Tolerance);
        GoldenAssert.Close(entry, $"{name}.grad", t[$"{name}.grad"].F32, gradients, Tolerance);
        GoldenAssert.Close(entry, $"{name}.loss (reference)", t[$"{name}.loss"].F32, [.. reference.Select(r => (float)r.Value)], Tolerance);
        GoldenAssert.Close(entry, $"{name}.grad (reference)", t[$"{name}.grad"].F32, [.. reference.Select(r => (float)r.D0)], Tolerance);
        seen.UnionWith(["reg.pred", "reg.target", $"{name}.loss", $"{name}.grad"]);
        return losses.Sum(v => (double)v);
    }

    private static double CheckIoU(GoldenEntry entry, Dictionary<string, GoldenTensor> t, string set, string kind, HashSet<string> seen)
    {
        var boxes = GoldenDetection.Boxes(t[$"{set}.boxes1"]);
        var truths = GoldenDetection.Boxes(t[$"{set}.boxes2"]);
        var (losses, gradients) = (t[$"{set}.{kind}.loss"].F32, t[$"{set}.{kind}.grad"].F32);
        var isNaN = t.TryGetValue($"{set}.{kind}.row_is_nan", out var nan) ? nan.Bool : new bool[boxes.Length];
        var sum = 0.0;
        for (var i = 0; i < boxes.Length; i++)
        {
            var loss = BoxLossKernel.OfBoxes(boxes[i], truths[i], Kind(kind), out var g);
            sum += loss;
            float[] gradient = [(float)g.X1, (float)g.Y1, (float)g.X2, (float)g.Y2];
            if (isNaN[i])
            {
                Assert.True(
                    double.IsFinite(loss) && gradient.All(float.IsFinite),
                    $"{entry.Id} {set}.{kind} [{i}]: where torchvision has NaN ours must be finite.");
                continue;
            }

            var reference = BoxLossReference.OfBoxes(DualBox.Variables(boxes[i]), truths[i], Kind(kind));
            GoldenAssert.Within(entry, $"{set}.{kind}.loss", [losses[i]], [(float)loss], Tolerance);
            GoldenAssert.Close(entry, $"{set}.{kind}.grad", gradients.AsSpan(4 * i, 4), gradient, Tolerance);
            GoldenAssert.Within(entry, $"{set}.{kind}.loss (reference)", [losses[i]], [(float)reference.Value], Tolerance);
            float[] byReference = [(float)reference.D0, (float)reference.D1, (float)reference.D2, (float)reference.D3];
            GoldenAssert.Close(entry, $"{set}.{kind}.grad (reference)", gradients.AsSpan(4 * i, 4), byReference, Tolerance);
        }

        seen.UnionWith(
            [$"{set}.boxes1", $"{set}.boxes2", $"{set}.{kind}.loss", $"{set}.{kind}.grad", .. nan is null ? [] : new[] { nan.Name }]);
        return sum;
    }

    /// <summary>What RetinaNetRegressionHead computes from anchors, ground truth and deltas, through the backend.</summary>
    private static void CheckAnchors(GoldenEntry entry, Dictionary<string, GoldenTensor> t, string name, HashSet<string> seen)
    {
        var what = name["boxloss.".Length..];
        var rule = what.Contains("l1", StringComparison.Ordinal) ? DistanceRule(what) : new BoxLossRule(Kind(what));
        var anchors = GoldenDetection.Boxes(t["boxloss.anchors"]);
        var truths = GoldenDetection.Boxes(t["boxloss.gt"]);
        var deltas = t["boxloss.deltas"].F32;
        using var arena = new CpuArena();
        var loss = arena.Loss();
        var gradient = arena.Map(1, anchors.Length, 4);
        arena.Backend.BoxLoss(
            arena.Map(deltas, 1, anchors.Length, 4), arena.Anchors(anchors), arena.Matches(1, [.. Enumerable.Range(0, truths.Length)]),
            arena.Truth([truths], [new int[truths.Length]]), rule, loss, gradient);
        GoldenAssert.Close(entry, $"{name}.sum", t[$"{name}.sum"].F32, [arena.Value(loss)], Tolerance);
        GoldenAssert.Close(entry, $"{name}.grad", t[$"{name}.grad"].F32, arena.Floats(gradient), Tolerance);

        var rows = MemoryMarshal.Cast<float, BoxDeltas>(deltas).ToArray();
        var reference = rows.Select((d, i) => BoxLossReference.Evaluate(d, anchors[i], truths[i], rule)).ToArray();
        GoldenAssert.Close(entry, $"{name}.sum (reference)", t[$"{name}.sum"].F32, [(float)reference.Sum(r => r.Value)], Tolerance);
        float[] byReference = [.. reference.SelectMany(r => new[] { (float)r.D0, (float)r.D1, (float)r.D2, (float)r.D3 })];
        GoldenAssert.Close(entry, $"{name}.grad (reference)", t[$"{name}.grad"].F32, byReference, Tolerance);
        seen.UnionWith(["boxloss.anchors", "boxloss.gt", "boxloss.deltas", $"{name}.sum", $"{name}.grad"]);
    }

    private static void CheckMatrices(GoldenEntry entry, Dictionary<string, GoldenTensor> t, HashSet<string> seen)
    {
        foreach (var tensor in t.Values.Where(v => v.Name.EndsWith("_matrix", StringComparison.Ordinal)))
        {
            var generalized = tensor.Name.Contains("generalized", StringComparison.Ordinal);
            var rows = GoldenDetection.Boxes(t["iou.boxes1"]).Take(tensor.Shape[0]);
            var columns = GoldenDetection.Boxes(t["iou.boxes2"]).Take(tensor.Shape[1]).ToArray();
            float[] actual = [.. rows.SelectMany(a => columns.Select(b => generalized ? BoxMath.GeneralizedIoU(a, b) : BoxMath.IoU(a, b)))];
            GoldenAssert.Exact<float>(entry, tensor.Name, tensor.F32, actual);
            seen.Add(tensor.Name);
        }
    }

    /// <summary>"l1", "smooth_l1" (torchvision's default β = 1), "smooth_l1_beta0.11".</summary>
    private static BoxLossRule DistanceRule(string name)
    {
        var beta = name.IndexOf("_beta", StringComparison.Ordinal);
        return name == "l1" ? new(BoxLossKind.L1)
            : new(BoxLossKind.SmoothL1, beta < 0 ? 1 : float.Parse(name[(beta + 5)..], CultureInfo.InvariantCulture));
    }

    private static BoxLossKind Kind(string name) => Enum.Parse<BoxLossKind>(name, ignoreCase: true);
}
