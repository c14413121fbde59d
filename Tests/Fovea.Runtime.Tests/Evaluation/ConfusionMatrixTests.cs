using FsCheck.Xunit;

namespace Fovea.Tests.Evaluation;

public class ConfusionMatrixTests
{
    [Fact]
    public void Rows_are_what_was_there_columns_what_was_found_and_background_the_rest()
    {
        var evaluator = new CocoEvaluator([new(7, "cat"), new(9, "dog")]);

        // A cat found as a cat, twice: the closer one counts, the other is a false find. A cat found as a dog.
        evaluator.AddGroundTruth(1, 7, new(0, 0, 10, 10));
        evaluator.AddDetection(1, 7, new(0, 0, 10, 9), 0.9);
        evaluator.AddDetection(1, 7, new(0, 0, 10, 10), 0.8);
        evaluator.AddGroundTruth(1, 7, new(50, 0, 10, 10));
        evaluator.AddDetection(1, 9, new(50, 0, 10, 8), 0.7);

        // A dog that is missed, since 0.4 is less than the threshold; a dog where nothing is, in an image without objects.
        evaluator.AddGroundTruth(2, 9, new(0, 0, 10, 10));
        evaluator.AddDetection(2, 9, new(0, 0, 10, 10), 0.4);
        evaluator.AddImage(3);
        evaluator.AddDetection(3, 9, new(0, 0, 10, 10), 0.5);

        // In a crowd of cats: a cat there is no false find, a dog is.
        evaluator.AddGroundTruth(4, 7, new(0, 0, 100, 100), isCrowd: true);
        evaluator.AddDetection(4, 7, new(20, 20, 10, 10), 0.9);
        evaluator.AddDetection(4, 9, new(20, 20, 10, 10), 0.9);

        var matrix = evaluator.Evaluate().ConfusionMatrix(0.5);
        Assert.Equal(["cat", "dog", "background"], matrix.Names);
        Assert.Equal((2, 0.5, 0.5), (matrix.Background, matrix.ScoreThreshold, matrix.IoUThreshold));
        Assert.Equal([1, 1, 0, 0, 0, 1, 1, 2, 0], Cells(matrix));
        Assert.Equal(0.5, matrix.Share(0, 1));
        Assert.Equal(2 / 3.0, matrix.Share(2, 1));
        const string Expected =
            """
            there \ found  cat  dog  background
            cat              1    1           0
            dog              0    0           1
            background       1    2           0

            """;
        Assert.Equal(Expected.ReplaceLineEndings("\n"), matrix.ToString());
    }

    [Fact]
    public void Of_two_classes_of_one_box_the_greater_score_is_what_was_found()
    {
        var evaluator = new CocoEvaluator([new(0, "cat"), new(1, "dog")]);
        evaluator.AddGroundTruth(1, 0, new(0, 0, 10, 10));
        evaluator.AddDetection(1, 0, new(0, 0, 10, 10), 0.6);
        evaluator.AddDetection(1, 1, new(0, 0, 10, 10), 0.7);
        Assert.Equal([0, 1, 0, 0, 0, 0, 1, 0, 0], Cells(evaluator.Evaluate().ConfusionMatrix(0.5)));
    }

    [Fact]
    public void Without_a_score_the_one_of_the_best_F1_is_taken_and_thresholds_out_of_range_are_errors()
    {
        var evaluator = new CocoEvaluator([new(0, "cat")]);
        evaluator.AddGroundTruth(1, 0, new(0, 0, 10, 10));
        evaluator.AddDetection(1, 0, new(0, 0, 10, 10), 0.6);
        evaluator.AddDetection(1, 0, new(30, 0, 10, 10), 0.3);
        var result = evaluator.Evaluate();
        Assert.Equal(0.6, result.ConfusionMatrix().ScoreThreshold);
        Assert.Equal([1, 0, 0, 0], Cells(result.ConfusionMatrix()));
        Assert.Throws<ArgumentOutOfRangeException>(() => result.ConfusionMatrix(0.5, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => result.ConfusionMatrix(0.5, 1.01));
        Assert.Throws<ArgumentOutOfRangeException>(() => result.ConfusionMatrix(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => result.ConfusionMatrix()[2, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => result.ConfusionMatrix()[0, -1]);
        Assert.Equal(0, new CocoEvaluator([new(0, "cat")]).Evaluate().ConfusionMatrix()[0, 0]);
    }

    [Property(MaxTest = 150)]
    public void Counts_are_those_of_Ultralytics_rule_carried_out_plainly(int seed)
    {
        var scene = RandomScene.Create(seed);
        var result = scene.Evaluate();
        foreach (var (score, iou) in new[] { (0.0, 0.5), (0.3, 0.45), (0.7, 0.8) })
        {
            Assert.Equal(Plain(scene, score, iou), Cells(result.ConfusionMatrix(score, iou)));
        }
    }

    /// <summary>
    /// All pairs from the threshold on, sorted by IoU (then by score); of each detection the first is kept,
    /// of these of each object the first.
    /// </summary>
    private static int[] Plain(RandomScene scene, double score, double iou)
    {
        const int K = RandomScene.Classes;
        var counts = new int[(K + 1) * (K + 1)];
        for (var image = 0; image < RandomScene.Images; image++)
        {
            var truths = scene.Truths.Where(t => t.Image == image && !t.Crowd).ToArray();
            var detections = scene.Detections.Where(d => d.Image == image && d.Score >= score).ToArray();
            var pairs =
                from d in detections.Index()
                from t in truths.Index()
                let overlap = CocoBox.Overlap(d.Item.Box, t.Item.Box, false)
                where overlap >= iou
                orderby overlap descending, d.Item.Score descending
                select (Detection: d.Index, Truth: t.Index);
            var matches = pairs.DistinctBy(p => p.Detection).DistinctBy(p => p.Truth).ToArray();
            foreach (var (d, t) in matches)
            {
                counts[(truths[t].Class * (K + 1)) + detections[d].Class]++;
            }

            foreach (var missed in truths.Where((_, t) => matches.All(m => m.Truth != t)))
            {
                counts[(missed.Class * (K + 1)) + K]++;
            }

            foreach (var wrong in detections.Where((_, d) => matches.All(m => m.Detection != d)))
            {
                if (!scene.Truths.Exists(
                    t => t.Image == image && t.Crowd && t.Class == wrong.Class && CocoBox.Overlap(wrong.Box, t.Box, true) >= iou))
                {
                    counts[(K * (K + 1)) + wrong.Class]++;
                }
            }
        }

        return counts;
    }

    private static int[] Cells(ConfusionMatrix matrix) =>
    [
        .. from truth in Enumerable.Range(0, matrix.Names.Count)
           from predicted in Enumerable.Range(0, matrix.Names.Count)
           select matrix[truth, predicted],
    ];
}
