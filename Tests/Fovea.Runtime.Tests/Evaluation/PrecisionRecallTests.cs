using FsCheck.Xunit;

namespace Fovea.Tests.Evaluation;

public class PrecisionRecallTests
{
    [Fact]
    public void A_point_stands_for_each_score_and_the_best_F1_names_its_threshold()
    {
        // Two objects. 0.9 finds one, 0.8 nothing, two of 0.7 the other one and the first one again, 0.6 nothing.
        var evaluator = new CocoEvaluator([new(1, "cat")]);
        evaluator.AddGroundTruth(1, 1, new(0, 0, 10, 10));
        evaluator.AddGroundTruth(2, 1, new(50, 50, 10, 10));
        evaluator.AddDetection(1, 1, new(0, 0, 10, 10), 0.9);
        evaluator.AddDetection(1, 1, new(80, 80, 10, 10), 0.8);
        evaluator.AddDetection(2, 1, new(50, 50, 10, 10), 0.7);
        evaluator.AddDetection(1, 1, new(0, 0, 10, 9), 0.7);
        evaluator.AddDetection(2, 1, new(0, 0, 10, 10), 0.6);
        var curve = evaluator.Evaluate().Curves.Single();
        Assert.Equal(("cat", 2), (curve.Name, curve.Truths));
        Assert.Equal([new(0.9, 1, 0, 2), new(0.8, 1, 1, 2), new(0.7, 2, 2, 2), new(0.6, 2, 3, 2)], curve.Points);
        Assert.Equal([1, 0.5, 0.5, 0.4], curve.Points.Select(p => p.Precision));
        Assert.Equal([0.5, 0.5, 1, 1], curve.Points.Select(p => p.Recall));

        // 2/3, 2/4, 4/6, 4/7: of equal ones the greater score.
        Assert.Equal([2 / 3.0, 0.5, 2 / 3.0, 4 / 7.0], curve.Points.Select(p => p.F1));
        Assert.Equal(0.9, curve.Best!.Value.Score);
        Assert.Equal(1, curve.Best.Value.Missed);
        Assert.Equal(new OperatingPoint(0.75, 1, 1, 2), curve.At(0.75));
        Assert.Equal(new OperatingPoint(0.7, 2, 2, 2), curve.At(0.7));
        Assert.Equal(new OperatingPoint(0.95, 0, 0, 2), curve.At(0.95));
        Assert.Equal(new OperatingPoint(0, 2, 3, 2), curve.At(0));
    }

    [Fact]
    public void Where_nothing_is_to_be_found_or_nothing_is_found_there_is_no_best_point()
    {
        var evaluator = new CocoEvaluator([new(1, "cat"), new(2, "dog")]);
        evaluator.AddGroundTruth(1, 1, new(0, 0, 10, 10));
        evaluator.AddDetection(1, 2, new(0, 0, 10, 10), 0.5);
        var result = evaluator.Evaluate();
        Assert.All(result.Curves, c => Assert.Null(c.Best));
        Assert.Empty(result.Curves[0].Points);
        Assert.Equal([new OperatingPoint(0.5, 0, 1, 0)], result.Curves[1].Points);

        // A find of what is nowhere is wrong among all classes' finds.
        Assert.Equal([new OperatingPoint(0.5, 0, 1, 1)], result.PooledCurve.Points);
        Assert.Equal((0, 0, 0), (result.PooledCurve.At(0.9).Precision, result.PooledCurve.At(0.9).Recall, result.PooledCurve.At(0.9).F1));
    }

    [Property(MaxTest = 100)]
    public void Each_point_is_the_evaluation_of_the_detections_from_its_score_on(int seed)
    {
        var scene = RandomScene.Create(seed);
        var result = scene.Evaluate();
        for (var k = 0; k < RandomScene.Classes; k++)
        {
            var curve = result.Curves[k];
            Assert.Equal(Count(scene, k, 0), (curve.At(0).Right, curve.At(0).Wrong, curve.Truths));
            foreach (var point in curve.Points)
            {
                Assert.Equal(Count(scene, k, point.Score), (point.Right, point.Wrong, point.Truths));
            }

            Assert.Equal(curve.Points.Select(p => p.F1).Append(0).Max(), curve.Best?.F1 ?? 0);
        }

        foreach (var point in result.PooledCurve.Points)
        {
            var counts = Enumerable.Range(0, RandomScene.Classes).Select(k => Count(scene, k, point.Score)).ToArray();
            Assert.Equal(
                (counts.Sum(c => c.Right), counts.Sum(c => c.Wrong), counts.Sum(c => c.Truths)), (point.Right, point.Wrong, point.Truths));
        }
    }

    [Property(MaxTest = 40)]
    public void The_mean_of_the_mean_curve_is_AP_at_its_IoU(int seed)
    {
        var result = RandomScene.Create(seed).Evaluate();
        if (result.Summary.AP50 >= 0)
        {
            Assert.Equal(result.Summary.AP50, result.MeanPrecisionCurve().Average(), 1e-12);
            Assert.Equal(result.Summary.AP75, result.MeanPrecisionCurve(5).Average(), 1e-12);
        }
    }

    /// <summary>Plainly, image by image: best detection first, each takes the free object that it overlaps most, from IoU 0.5 on.</summary>
    private static (int Right, int Wrong, int Truths) Count(RandomScene scene, int k, double score)
    {
        var (right, wrong) = (0, 0);
        for (var image = 0; image < RandomScene.Images; image++)
        {
            var truths = scene.Truths.Where(t => t.Image == image && t.Class == k).ToList();
            var found = scene.Detections.Where(d => d.Image == image && d.Class == k && d.Score >= score);
            foreach (var d in found.OrderByDescending(d => d.Score))
            {
                var objects = truths.Where(t => !t.Crowd && CocoBox.Overlap(d.Box, t.Box, false) >= 0.5).ToList();
                if (objects.Count > 0)
                {
                    truths.Remove(objects.MaxBy(t => CocoBox.Overlap(d.Box, t.Box, false)));
                    right++;
                }
                else if (!truths.Exists(t => t.Crowd && CocoBox.Overlap(d.Box, t.Box, true) >= 0.5))
                {
                    wrong++;
                }
            }
        }

        return (right, wrong, scene.Truths.Count(t => t.Class == k && !t.Crowd));
    }
}
