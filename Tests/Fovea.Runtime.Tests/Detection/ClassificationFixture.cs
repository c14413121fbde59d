using Fovea.CompilerServices;
using Fovea.Detection;

namespace Fovea.Tests.Detection;

/// <summary>
/// A classification loss of random logits; about one anchor in ten is foreground, one in ten ignored. And what holds of every such loss.
/// </summary>
internal abstract class ClassificationFixture : LossFixture
{
    private readonly string name;
    private readonly int anchors;
    private readonly int channels;

    /// <param name="name">Of the case, for messages.</param>
    /// <param name="deviation">Of the logits.</param>
    /// <param name="boxes">Ground truth of each image: of random classes, but the last two, of the first and the last.</param>
    protected ClassificationFixture(string name, int workers, int images, int anchors, int channels, double deviation, int boxes)
        : base(workers, images, anchors, channels)
    {
        (this.name, this.anchors, this.channels) = (name, anchors, channels);
        var random = new Random(42);
        Logits = DetectionAssert.RandomNormal(random, images * anchors * channels, deviation);
        Classes = [.. Enumerable.Range(0, images).Select(_ => RandomClasses(random, boxes, channels))];
        Matches =
        [
            .. Enumerable.Range(0, images * anchors)
                .Select(_ => random.Next(10) switch { 0 => random.Next(boxes), 1 => Matcher.Ignored, _ => Matcher.Background }),
        ];
        LogitMap = Arena.Map(Logits, images, anchors, channels);
        MatchMap = Arena.Matches(images, Matches);
        Truth = Arena.Truth([.. Classes.Select(_ => new Box[boxes])], Classes);
        Arena.Context.Write(Truth.LossWeights, Weights);
    }

    protected float[] Logits { get; }

    protected int[] Matches { get; }

    protected int[][] Classes { get; }

    protected FeatureMap LogitMap { get; }

    protected MatchMap MatchMap { get; }

    protected GroundTruthMap Truth { get; }

    /// <summary>Loss and gradient of all images are those of the reference.</summary>
    public static void EqualsTheReference(Func<int, ClassificationFixture> create)
    {
        using var f = create(2);
        f.Run();
        var (image, images) = (f.anchors * f.channels, f.Weights.Length);
        var expected = new double[images * image];
        var loss = Enumerable.Range(0, images).Sum(n => f.Reference(n, expected.AsSpan(n * image, image)));

        DetectionAssert.Close($"{f.name} loss", [loss], [f.Loss], 1e-6);
        DetectionAssert.Close($"{f.name} gradient", expected, f.Gradient, 1e-6);
    }

    /// <summary>The first image's gradient is the difference quotient of the reference's loss.</summary>
    public static void GradientsAreTheLossDifferences(Func<int, ClassificationFixture> create)
    {
        using var f = create(1);
        f.Run();
        var gradient = f.Gradient;
        var scratch = new double[f.anchors * f.channels];
        var random = new Random(7);
        var greatest = gradient.Max(MathF.Abs);
        for (var sample = 0; sample < 20; sample++)
        {
            var i = random.Next(scratch.Length);
            var x = f.Logits[i];
            var h = 1e-3f * Math.Max(1, Math.Abs(x));
            var (above, below) = (x + h, x - h);
            f.Logits[i] = above;
            var plus = f.Reference(0, scratch);
            f.Logits[i] = below;
            var minus = f.Reference(0, scratch);
            f.Logits[i] = x;
            var expected = (plus - minus) / ((double)above - below);
            Assert.True(
                Math.Abs(expected - gradient[i]) <= 1e-3 * greatest,
                $"{f.name}  dlogits[{i}] at {x}  expected {expected:R}  actual {gradient[i]:R}  tolerance {1e-3 * greatest:G3}");
        }
    }

    /// <summary>Loss of an image, and its gradients.</summary>
    protected double Reference(int n, Span<double> gradients) => Reference(
        Logits.AsSpan(n * anchors * channels, anchors * channels), Matches.AsSpan(n * anchors, anchors), Classes[n], Weights[n], gradients);

    /// <summary>The scalar reference: the loss of an image.</summary>
    protected abstract double Reference(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> matches, int[] classes, float weight, Span<double> gradients);

    private static int[] RandomClasses(Random random, int boxes, int channels) =>
        [.. Enumerable.Range(0, boxes - 2).Select(_ => random.Next(channels)), 0, channels - 1];
}
