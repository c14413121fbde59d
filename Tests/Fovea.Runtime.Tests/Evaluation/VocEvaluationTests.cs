using FsCheck.Xunit;

namespace Fovea.Tests.Evaluation;

public class VocEvaluationTests
{
    [Fact]
    public void Both_averages_of_an_example_by_hand()
    {
        // Three objects; right, wrong, right: precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3.
        var evaluator = new CocoEvaluator([new(1, "cat"), new(2, "dog")]);
        for (var i = 0; i < 3; i++)
        {
            evaluator.AddGroundTruth(i, 1, new(0, 0, 10, 10));
        }

        evaluator.AddDetection(0, 1, new(0, 0, 10, 10), 0.9);
        evaluator.AddDetection(0, 1, new(60, 0, 10, 10), 0.8);
        evaluator.AddDetection(1, 1, new(0, 0, 10, 10), 0.7);
        var voc = evaluator.Evaluate().Voc;

        // 1 at recall 0, 0.1, 0.2, 0.3; 2/3 at 0.4, 0.5, 0.6; else 0.
        Assert.Equal((4 + (3 * 2 / 3.0)) / 11, voc.Classes[0].AP2007, 1e-12);
        Assert.Equal((1 / 3.0) + (2 / 3.0 / 3), voc.Classes[0].AP2010, 1e-12);
        Assert.Equal(("cat", 1), (voc.Classes[0].Name, voc.Classes[0].Category));
        Assert.Equal((-1, -1), (voc.Classes[1].AP2007, voc.Classes[1].AP2010));
        Assert.Equal((voc.Classes[0].AP2007, voc.Classes[0].AP2010), (voc.AP2007, voc.AP2010));
    }

    [Fact]
    public void A_detection_goes_for_what_it_overlaps_most_even_if_that_is_taken_or_difficult()
    {
        // The second overlaps the first's object most and is wrong; COCO's matching would give it the other one.
        var evaluator = new CocoEvaluator([new(1, "cat")]);
        evaluator.AddGroundTruth(1, 1, new(0, 0, 10, 10));
        evaluator.AddGroundTruth(1, 1, new(0, 3, 10, 10));
        evaluator.AddDetection(1, 1, new(0, 0, 10, 10), 0.9);
        evaluator.AddDetection(1, 1, new(0, 1, 10, 10), 0.8);

        // What goes for a difficult one counts for nothing, however often.
        evaluator.AddGroundTruth(2, 1, new(0, 0, 10, 10), isCrowd: true);
        evaluator.AddDetection(2, 1, new(0, 0, 10, 10), 0.95);
        evaluator.AddDetection(2, 1, new(0, 0, 10, 9), 0.94);
        var result = evaluator.Evaluate();
        Assert.Equal(0.5, result.Voc.AP2010, 1e-12);
        Assert.Equal(6 / 11.0, result.Voc.AP2007, 1e-12);
        Assert.Equal(1, result.Summary.AP50, 1e-9);
    }

    [Fact]
    public void A_recall_of_exactly_three_tenths_reaches_the_fourth_point()
    {
        var evaluator = new CocoEvaluator([new(1, "cat")]);
        for (var i = 0; i < 10; i++)
        {
            evaluator.AddGroundTruth(i, 1, new(0, 0, 10, 10));
        }

        for (var i = 0; i < 3; i++)
        {
            evaluator.AddDetection(i, 1, new(0, 0, 10, 10), 0.5);
        }

        Assert.Equal(4 / 11.0, evaluator.Evaluate().Voc.AP2007, 1e-12);
        Assert.Equal(0.3, evaluator.Evaluate().Voc.AP2010, 1e-12);
    }

    [Property(MaxTest = 150)]
    public void Averages_are_those_of_the_development_kit_carried_out_plainly(int seed)
    {
        var scene = RandomScene.Create(seed);
        var voc = scene.Evaluate().Voc;
        for (var k = 0; k < RandomScene.Classes; k++)
        {
            var (eleven, all) = Plain(scene, k);
            Assert.Equal(eleven, voc.Classes[k].AP2007, 1e-12);
            Assert.Equal(all, voc.Classes[k].AP2010, 1e-12);
        }

        var measured = voc.Classes.Where(c => c.AP2010 >= 0).ToArray();
        Assert.Equal(measured.Length == 0 ? -1 : measured.Average(c => c.AP2010), voc.AP2010, 1e-12);
        Assert.Equal(measured.Length == 0 ? -1 : measured.Average(c => c.AP2007), voc.AP2007, 1e-12);
    }

    /// <summary>VOCevaldet.m and VOCap.m, line by line.</summary>
    private static (double Eleven, double All) Plain(RandomScene scene, int k)
    {
        var truths = scene.Truths.Where(t => t.Class == k).ToArray();
        var npos = truths.Count(t => !t.Crowd);
        if (npos == 0)
        {
            return (-1, -1);
        }

        var detected = new bool[truths.Length];
        var (tp, fp) = (new List<int>(), new List<int>());
        foreach (var d in scene.Detections.Where(d => d.Class == k).OrderByDescending(d => d.Score))
        {
            var (ovmax, jmax) = (double.NegativeInfinity, -1);
            for (var j = 0; j < truths.Length; j++)
            {
                var ov = truths[j].Image == d.Image ? CocoBox.Overlap(d.Box, truths[j].Box, false) : double.NegativeInfinity;
                if (ov > ovmax)
                {
                    (ovmax, jmax) = (ov, j);
                }
            }

            var isDifficult = ovmax >= 0.5 && truths[jmax].Crowd;
            var isRight = ovmax >= 0.5 && !isDifficult && !detected[jmax];
            tp.Add(isRight ? 1 : 0);
            fp.Add(isRight || isDifficult ? 0 : 1);
            if (isRight)
            {
                detected[jmax] = true;
            }
        }

        var rec = tp.Select((_, i) => (double)tp.Take(i + 1).Sum() / npos).ToArray();
        var sums = tp.Select((_, i) => (Right: tp.Take(i + 1).Sum(), All: tp.Take(i + 1).Sum() + fp.Take(i + 1).Sum()));
        var prec = sums.Select(s => s.All == 0 ? 0 : (double)s.Right / s.All).ToArray();
        var eleven = Enumerable.Range(0, 11).Sum(t => prec.Where((_, i) => rec[i] >= (t / 10.0) - 1e-9).Append(0).Max() / 11);
        double[] mrec = [0, .. rec, 1];
        double[] mpre = [0, .. prec, 0];
        for (var i = mpre.Length - 2; i >= 0; i--)
        {
            mpre[i] = Math.Max(mpre[i], mpre[i + 1]);
        }

        return (eleven, Enumerable.Range(1, mrec.Length - 1).Sum(i => (mrec[i] - mrec[i - 1]) * mpre[i]));
    }
}
