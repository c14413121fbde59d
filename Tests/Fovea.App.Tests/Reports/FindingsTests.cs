using Fovea.App.Reports.Pictures;

namespace Fovea.Tests.App.Reports;

public class FindingsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_right_wrong_and_missed_is_what_the_evaluation_counts(int seed)
    {
        var random = new Random(seed);
        var evaluator = new CocoEvaluator<OddName>();
        OddName Class() => (OddName)(random.Next(2) + 1);
        Box Place(float shift) => new(shift, shift, shift + 20, shift + 20);
        for (var image = 1; image <= 20; image++)
        {
            evaluator.AddGroundTruth(image, [.. Enumerable.Range(0, random.Next(5)).Select(
                i => new LabeledBox<OddName>(Class(), Place(i * 30), IsCrowd: random.Next(8) == 0))]);
            evaluator.AddDetections(image, [.. Enumerable.Range(0, random.Next(9)).Select(
                i => new Detection<OddName>(Class(), random.NextSingle(), Place((i * 30) + random.Next(9))))]);
        }

        var result = evaluator.Evaluate();
        foreach (var threshold in new[] { 0.1, 0.5, result.PooledCurve.Best!.Value.Score })
        {
            var findings = new Findings(result, threshold);
            var images = Enumerable.Range(1, 20).Select(i => findings[i]).ToArray();
            var expected = result.PooledCurve.At(threshold);
            Assert.Equal(expected.Right, images.Sum(i => i.Found.Count(f => f.IsRight)));
            Assert.Equal(expected.Wrong, images.Sum(i => i.False));
            Assert.Equal(expected.Missed, images.Sum(i => i.Missed));
            var worst = findings.Worst(5).Select(i => findings[i].Missed + findings[i].False).ToArray();
            Assert.Equal(images.Select(i => i.Missed + i.False).OrderDescending().Take(5).Where(m => m > 0), worst);
        }
    }

    [Fact]
    public void An_image_without_objects_and_finds_has_no_mistakes()
    {
        var evaluator = new CocoEvaluator<OddName>();
        evaluator.AddGroundTruth(1, []);
        var findings = new Findings(evaluator.Evaluate(), 0.5);
        Assert.Equal((0, 0), (findings[1].Missed, findings[1].False));
        Assert.Empty(findings.Worst(9));
    }
}
