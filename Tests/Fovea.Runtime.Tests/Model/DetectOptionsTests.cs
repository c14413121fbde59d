using Fovea.CompilerServices;

namespace Fovea.Tests.Model;

public class DetectOptionsTests
{
    private static readonly RgbImage Image = ToyScenes.Create(1, 3).LoadImage(0);

    public static TheoryData<DetectOptions, PostProcessingRule> Wishes => new()
    {
        { new DetectOptions { ScoreThreshold = 0.33 }, new PostProcessingRule(ToyProgram.Classes, 0.33f) },
        { new DetectOptions { NmsIoU = 0.2 }, new PostProcessingRule(ToyProgram.Classes, NmsIoU: 0.2f) },
        { new DetectOptions { MaxDetections = 7 }, new PostProcessingRule(ToyProgram.Classes, MaxDetections: 7) },
        {
            new DetectOptions { ScoreThreshold = 0.26, NmsIoU = 0.9, MaxDetections = 50 },
            new PostProcessingRule(ToyProgram.Classes, 0.26f, NmsIoU: 0.9f, MaxDetections: 50)
        },
    };

    [Theory]
    [MemberData(nameof(Wishes))]
    public void What_a_call_wants_has_the_effect_of_declaring_it(DetectOptions wanted, PostProcessingRule declared)
    {
        using var detector = ToyDetector.Create(5).Excited();
        using var other = ToyDetector.Create(5, program: ToyProgram.WithRule(declared)).Excited();
        var (plain, expected) = (detector.Detect(Image), other.Detect(Image));
        Assert.NotEmpty(expected);
        Assert.NotEqual(plain, expected);
        Assert.Equal(expected, detector.Detect(Image, wanted));
        Assert.Equal(expected, detector.DetectBatch([Image], wanted)[0]);

        // The next call is as declared: the session keeps nothing of it.
        Assert.Equal(plain, detector.Detect(Image));
    }

    [Fact]
    public void A_lower_threshold_than_the_declared_finds_more()
    {
        using var detector = ToyDetector.Create(5);
        using var other = ToyDetector.Create(5, program: ToyProgram.WithRule(new PostProcessingRule(ToyProgram.Classes, 0.002f)));
        Assert.Empty(detector.Detect(Image));
        Assert.NotEmpty(other.Detect(Image));
        Assert.Equal(other.Detect(Image), detector.Detect(Image, new DetectOptions { ScoreThreshold = 0.002 }));
    }

    [Fact]
    public void Options_without_wishes_change_nothing()
    {
        using var detector = ToyDetector.Create(5).Excited();
        Assert.Equal(detector.Detect(Image), detector.Detect(Image, new DetectOptions()));
    }

    [Fact]
    public void Evaluation_heeds_them()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var objects = detector.Detect(Image).Select(d => new LabeledBox<ToyClass>(d.Class, d.Box)).ToArray();
        var dataset = new InMemoryDataset<ToyClass>("what it finds", [(Image, objects)]);
        Assert.True(detector.Evaluate(dataset).Summary.AR100 > 0.9);
        Assert.Equal(0, detector.Evaluate(dataset, new DetectOptions { ScoreThreshold = 0.999 }).Summary.AR100);
    }

    [Theory]
    [InlineData(-0.1, null, null, "ScoreThreshold is -0.1: expected 0 to below 1")]
    [InlineData(0.99999999, null, null, "ScoreThreshold is 0.99999999: expected 0 to below 1")]
    [InlineData(double.NaN, null, null, "ScoreThreshold is NaN: expected 0 to below 1")]
    [InlineData(null, 0.0, null, "NmsIoU is 0: expected above 0, at most 1")]
    [InlineData(null, 1.5, null, "NmsIoU is 1.5: expected above 0, at most 1")]
    [InlineData(null, null, 0, "MaxDetections is 0: expected 1 to 100")]
    [InlineData(null, null, 101, "MaxDetections is 101: expected 1 to 100, the room that [PostProcessing(MaxDetections = …)] declares")]
    public void What_makes_no_sense_is_refused_in_words(double? score, double? iou, int? most, string expected)
    {
        using var detector = ToyDetector.Create(5);
        var options = new DetectOptions { ScoreThreshold = score, NmsIoU = iou, MaxDetections = most };
        var error = Assert.Throws<ArgumentException>(() => detector.Detect(Image, options));
        Assert.Contains("DetectOptions." + expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_allocate_nothing_once_a_session_is_warm()
    {
        using var detector = ToyDetector.Create(5, new DetectorOptions { Threads = 2 }).Excited();
        var options = new DetectOptions { ScoreThreshold = 0.2, MaxDetections = 10 };
        var found = new Detection<ToyClass>[detector.MaxDetections];
        Allocations.AssertNone(
            "detecting", () => detector.Detect(Image.Pixels, Image.Width, Image.Height, found, options: options), warmUps: 50);
    }
}
