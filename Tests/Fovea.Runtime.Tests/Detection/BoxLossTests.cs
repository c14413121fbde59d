using System.Runtime.InteropServices;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.CompilerServices;

namespace Fovea.Tests.Detection;

/// <summary>A box loss to check.</summary>
public sealed record BoxLossCase(string Name, BoxLossRule Rule, int Images, int Anchors, double Deviation = 0.5)
{
    public static IReadOnlyList<BoxLossCase> All { get; } =
    [
        new("L1", new(BoxLossKind.L1), 2, 500),
        new("smooth L1", new(BoxLossKind.SmoothL1, 0.1f), 2, 500),
        new("smooth L1, beta 0", new(BoxLossKind.SmoothL1, 0), 2, 500),
        new("smooth L1, beta 1", new(BoxLossKind.SmoothL1, 1), 2, 500),
        new("GIoU", new(BoxLossKind.GIoU), 2, 500),
        new("DIoU", new(BoxLossKind.DIoU), 2, 500),
        new("CIoU", new(BoxLossKind.CIoU), 2, 500),
        new("GIoU, weighted", new(BoxLossKind.GIoU, Weight: 2), 1, 50),
        new("GIoU, cut off", new(BoxLossKind.GIoU), 1, 200, 4),
        new("CIoU, many tasks", new(BoxLossKind.CIoU), 2, 20000),
    ];

    public override string ToString() => Name;
}

public class BoxLossTests
{
    public static TheoryData<BoxLossCase> Cases => [.. BoxLossCase.All];

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Loss_and_gradient_equal_the_reference(BoxLossCase c)
    {
        using var f = new Fixture(c, 2);
        f.Run();
        var expected = f.Reference(out var loss);
        DetectionAssert.Close($"{c.Name} loss", [loss], [f.Loss], 2e-6);

        // Decoding in float32 moves the box by some 1e-7 of its position, and the IoU losses see that.
        DetectionAssert.Close($"{c.Name} gradient", expected, f.Gradient, 2e-5);
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Gradients_are_the_loss_differences(BoxLossCase c)
    {
        using var f = new Fixture(c, 1);
        f.Run();
        var gradient = f.Gradient;
        var greatest = gradient.Max(MathF.Abs);
        var checkedElements = 0;
        for (var i = 0; i < Math.Min(gradient.Length, 2000); i++)
        {
            if (f.Matches[i / 4] < 0)
            {
                continue;
            }

            // A kink between the two points makes the difference another number.
            if (f.Difference(i, 1e-4, out var expected))
            {
                checkedElements++;
                Assert.True(
                    Math.Abs(expected - gradient[i]) <= 1e-3 * greatest,
                    $"{c.Name}  ddeltas[{i}]  expected {expected:R}  actual {gradient[i]:R}  tolerance {1e-3 * greatest:G3}");
            }
        }

        Assert.True(checkedElements > 20, $"{c.Name}: only {checkedElements} elements could be checked.");
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Only_foreground_anchors_have_gradients(BoxLossCase c)
    {
        using var f = new Fixture(c, 2);
        f.Run();
        var gradient = f.Gradient;
        for (var i = 0; i < gradient.Length; i++)
        {
            Assert.True(
                f.Matches[i / 4] >= 0 || gradient[i] == 0,
                $"{c.Name}  ddeltas[{i}] is {gradient[i]}, but its anchor's match is {f.Matches[i / 4]}.");
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Worker_counts_do_not_change_a_bit(BoxLossCase c) =>
        LossFixture.HasTheSameBitsAtAnyWorkerCount(c.Name, workers => new Fixture(c, workers));

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Warm_calls_allocate_nothing(BoxLossCase c) => LossFixture.AllocatesNothing(c.Name, workers => new Fixture(c, workers));

    [Theory]
    [InlineData(BoxLossKind.GIoU)]
    [InlineData(BoxLossKind.DIoU)]
    [InlineData(BoxLossKind.CIoU)]
    public void Boxes_without_area_have_finite_losses_and_gradients(BoxLossKind kind)
    {
        foreach (var box in new[] { new Box(5, 5, 5, 5), new Box(5, 5, 9, 5), new Box(5, 5, 5, 9), new Box(0, 0, 1e6f, 1e6f) })
        {
            foreach (var truth in new[] { new Box(5, 5, 5, 5), new Box(4, 4, 8, 8), new Box(5, 5, 5, 7) })
            {
                var loss = BoxLossKernel.OfBoxes(box, truth, kind, out var g);
                Assert.True(double.IsFinite(loss + g.X1 + g.Y1 + g.X2 + g.Y2), $"{kind} of {box} and {truth}: loss {loss}, gradient {g}");
            }
        }
    }

    [Fact]
    public void Above_the_cut_dw_and_dh_have_no_gradient_and_at_it_they_have()
    {
        var anchor = new Box(0, 0, 10, 10);
        var truth = new Box(0, 0, 300, 300);
        BoxLossKernel.Evaluate(new(0, 0, BoxCoder.MaximumLogSize, 4.2f), anchor, truth, new(BoxLossKind.GIoU), 1, out var gradient);
        Assert.NotEqual(0, gradient.Dw);
        Assert.Equal(0, gradient.Dh);
    }

    /// <summary>Random anchors and truths; one anchor in three is foreground.</summary>
    private sealed class Fixture : LossFixture
    {
        private readonly BoxLossCase c;
        private readonly Box[] anchors;
        private readonly Box[][] truths;
        private readonly float[] deltas;
        private readonly FeatureMap deltaMap;
        private readonly AnchorMap anchorMap;
        private readonly MatchMap matchMap;
        private readonly GroundTruthMap truth;

        public Fixture(BoxLossCase c, int workers)
            : base(workers, c.Images, c.Anchors, 4)
        {
            this.c = c;
            var random = new Random(43);
            anchors = DetectionAssert.RandomBoxes(random, c.Anchors);
            truths = [.. Enumerable.Range(0, c.Images).Select(_ => DetectionAssert.RandomBoxes(random, 5))];
            deltas = DetectionAssert.RandomNormal(random, c.Images * c.Anchors * 4, c.Deviation);
            Matches = new int[c.Images * c.Anchors];
            foreach (ref var match in Matches.AsSpan())
            {
                match = random.Next(3) switch { 0 => random.Next(5), 1 => -2, _ => -1 };
            }

            deltaMap = Arena.Map(deltas, c.Images, c.Anchors, 4);
            anchorMap = Arena.Anchors(anchors);
            matchMap = Arena.Matches(c.Images, Matches);
            truth = Arena.Truth(truths, [.. truths.Select(t => new int[t.Length])]);
            Arena.Context.Write(truth.LossWeights, Weights);
        }

        public int[] Matches { get; }

        public override void Run() => Arena.Backend.BoxLoss(deltaMap, anchorMap, matchMap, truth, c.Rule, LossTerm, GradientMap);

        public double[] Reference(out double sum)
        {
            var expected = new double[deltas.Length];
            sum = 0;
            for (var row = 0; row < Matches.Length; row++)
            {
                if (Matches[row] >= 0)
                {
                    var value = Evaluate(row, Row(row));
                    var weight = (double)Weights[row / c.Anchors] * c.Rule.Weight;
                    sum += value.Value * weight;
                    (expected[4 * row], expected[4 * row + 1]) = (value.D0 * weight, value.D1 * weight);
                    (expected[4 * row + 2], expected[4 * row + 3]) = (value.D2 * weight, value.D3 * weight);
                }
            }

            return expected;
        }

        /// <summary>The central difference, and whether the reference's own derivative is about the same at both points.</summary>
        public bool Difference(int element, double step, out double difference)
        {
            var (row, i) = (element / 4, element % 4);
            var above = Evaluate(row, Moved(row, i, (float)step));
            var below = Evaluate(row, Moved(row, i, -(float)step));
            var weight = (double)Weights[row / c.Anchors] * c.Rule.Weight;
            var distance = (double)Component(Moved(row, i, (float)step), i) - Component(Moved(row, i, -(float)step), i);
            difference = (Value(row, Moved(row, i, (float)step)) - Value(row, Moved(row, i, -(float)step))) / distance * weight;
            var (first, second) = (Derivative(above, i), Derivative(below, i));
            return Math.Abs(first - second) <= 1e-2 * Math.Max(Math.Abs(first), Math.Abs(second));
        }

        private static float Component(BoxDeltas d, int i) => i switch { 0 => d.Dx, 1 => d.Dy, 2 => d.Dw, _ => d.Dh };

        private static double Derivative(Dual d, int i) => i switch { 0 => d.D0, 1 => d.D1, 2 => d.D2, _ => d.D3 };

        private BoxDeltas Row(int row) => MemoryMarshal.Cast<float, BoxDeltas>(deltas)[row];

        private BoxDeltas Moved(int row, int i, float step)
        {
            var d = Row(row);
            return i switch
            {
                0 => d with { Dx = d.Dx + step },
                1 => d with { Dy = d.Dy + step },
                2 => d with { Dw = d.Dw + step },
                _ => d with { Dh = d.Dh + step },
            };
        }

        /// <summary>The loss in double. CIoU's α is taken where the gradient is: it is a constant for it.</summary>
        private double Value(int row, BoxDeltas d)
        {
            if (c.Rule.Kind != BoxLossKind.CIoU)
            {
                return Evaluate(row, d).Value;
            }

            var (truth, anchor) = (truths[row / c.Anchors][Matches[row]], anchors[row % c.Anchors]);
            var diou = new BoxLossRule(BoxLossKind.DIoU);
            var here = Evaluate(row, Row(row)).Value - BoxLossReference.Evaluate(Row(row), anchor, truth, diou).Value;
            var alpha = here / Aspect(Row(row), anchor, truth);
            return BoxLossReference.Evaluate(d, anchor, truth, diou).Value + alpha * Aspect(d, anchor, truth);
        }

        /// <summary>CIoU's v.</summary>
        private static double Aspect(BoxDeltas d, Box anchor, Box truth)
        {
            var b = BoxLossReference.Decode(d, anchor, BoxWeights.One);
            var angle = Math.Atan((double)truth.Width / truth.Height) - Math.Atan((b.X2 - b.X1).Value / (b.Y2 - b.Y1).Value);
            return 4 / (Math.PI * Math.PI) * angle * angle;
        }

        private Dual Evaluate(int row, BoxDeltas d) =>
            BoxLossReference.Evaluate(d, anchors[row % c.Anchors], truths[row / c.Anchors][Matches[row]], c.Rule);
    }
}
