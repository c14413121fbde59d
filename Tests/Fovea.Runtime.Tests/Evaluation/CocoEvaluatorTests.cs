using Fovea.Evaluation;
using FsCheck.Xunit;

namespace Fovea.Tests.Evaluation;

public class CocoEvaluatorTests
{
    private static readonly KeyValuePair<long, string>[] TwoClasses = [new(7, "cat"), new(3, "dog")];

    private enum Pet
    {
        Cat = 1,
        Dog = 4,
    }

    [Property(MaxTest = 60)]
    public void Detections_that_repeat_the_ground_truth_have_AP_1(int seed)
    {
        var random = new Random(seed);
        var evaluator = new CocoEvaluator(TwoClasses);
        for (var i = 0; i < 12; i++)
        {
            var box = new CocoBox(random.Next(100), random.Next(100), random.Next(1, 200), random.Next(1, 200));
            evaluator.AddGroundTruth(random.Next(4), 7, box);
        }

        foreach (var box in Enumerable.Range(0, 3))
        {
            evaluator.AddGroundTruth(box, 3, new(box * 10, 5, 8, 8));
            evaluator.AddDetection(box, 3, new(box * 10, 5, 8, 8), 0.5);
        }

        // Class 7 is found nowhere, class 3 everywhere.
        var result = evaluator.Evaluate();
        Assert.Equal(0.5, result.Summary.AP, 1e-9);
        Assert.Equal(1, result.Classes[0].Summary.AP, 1e-9);
        Assert.Equal(0, result.Classes[1].Summary.AP, 1e-9);
        Assert.Equal((3, "dog"), (result.Classes[0].Category, result.Classes[0].Name));
    }

    [Property(MaxTest = 60)]
    public void The_order_of_images_and_of_ground_truth_in_different_images_does_not_matter(int seed)
    {
        var random = new Random(seed);
        var truths = Enumerable.Range(0, 30).Select(i => (Image: (long)i % 6, Box: RandomBox(random))).ToList();
        var found = Enumerable.Range(0, 60).Select(i => (Image: (long)i % 6, Box: RandomBox(random), Score: random.NextDouble())).ToList();
        var forward = Evaluate(truths, found);
        var backward = Evaluate([.. truths.OrderByDescending(t => t.Image)], [.. found.OrderByDescending(t => t.Image)]);
        Assert.True(forward.Precision.SequenceEqual(backward.Precision));
        Assert.True(forward.Recall.SequenceEqual(backward.Recall));
        Assert.True(forward.Summary.ToArray().All(v => v is -1 or (>= 0 and <= 1)), string.Join(", ", forward.Summary.ToArray()));
    }

    [Fact]
    public void A_wrong_detection_before_the_right_one_halves_the_precision()
    {
        // One object; a miss with the better score: precision 1/2 at every recall.
        var evaluator = new CocoEvaluator(TwoClasses);
        evaluator.AddGroundTruth(1, 3, new(0, 0, 10, 10));
        evaluator.AddDetection(1, 3, new(50, 50, 10, 10), 0.9);
        evaluator.AddDetection(1, 3, new(0, 0, 10, 10), 0.8);
        var result = evaluator.Evaluate();
        Assert.Equal(0.5, result.Summary.AP, 1e-9);
        Assert.Equal(0, result.Summary.AR1, 1e-9);
        Assert.Equal(1, result.Summary.AR10, 1e-9);
        Assert.All(result.PrecisionCurve(0), p => Assert.Equal(0.5, p, 1e-9));
    }

    [Fact]
    public void An_image_without_objects_makes_its_detections_wrong()
    {
        var evaluator = new CocoEvaluator(TwoClasses);
        evaluator.AddImage(1);
        evaluator.AddGroundTruth(2, 3, new(0, 0, 10, 10));
        evaluator.AddDetection(1, 3, new(0, 0, 10, 10), 0.9);
        evaluator.AddDetection(2, 3, new(0, 0, 10, 10), 0.8);
        Assert.Equal(0.5, evaluator.Evaluate().Summary.AP, 1e-9);
    }

    [Fact]
    public void A_detection_costs_the_memory_of_its_numbers_alone()
    {
        // Scores, ranks, and for each area range two masks. Lists that grow by doubling ask for less than four times what they hold; what is
        // more would be objects for images or detections.
        var random = new Random(5);
        var truths = Enumerable.Range(0, 4).Select(_ => new CocoTruth(1, 3, RandomBox(random), 100, false)).ToArray();
        var found = Enumerable.Range(0, 20).Select(i => new CocoCandidate(1, 3, RandomBox(random), 1 - (i / 20.0))).ToArray();
        var accumulator = new CocoClassAccumulator();
        accumulator.Add(truths, found);
        var before = GC.GetAllocatedBytesForCurrentThread();
        const int Images = 5000;
        for (var i = 0; i < Images; i++)
        {
            accumulator.Add(truths, found);
        }

        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (Images * found.Length);
        Assert.True(bytes < 4 * (8 + 4 + (4 * 2 * 4)), $"{bytes} bytes a detection");
    }

    [Fact]
    public void Nothing_to_measure_by_is_minus_one_and_nothing_found_is_zero()
    {
        var evaluator = new CocoEvaluator(TwoClasses);
        Assert.All(evaluator.Evaluate().Summary.ToArray(), v => Assert.Equal(-1, v));
        evaluator.AddGroundTruth(1, 3, new(0, 0, 10, 10));
        var summary = evaluator.Evaluate().Summary;
        Assert.Equal((0, 0, -1), (summary.AP, summary.AR100, summary.APLarge));
    }

    [Fact]
    public void Unknown_images_and_categories_and_scores_that_are_no_numbers_are_errors()
    {
        var evaluator = new CocoEvaluator(TwoClasses);
        evaluator.AddImage(1);
        Assert.Contains(
            "category 5", Assert.Throws<ArgumentException>(() => evaluator.AddGroundTruth(1, 5, default)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "image 2", Assert.Throws<ArgumentException>(() => evaluator.AddDetection(2, 3, default, 1)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "NaN", Assert.Throws<ArgumentException>(() => evaluator.AddDetection(1, 3, default, double.NaN)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_detectors_classes_and_detections_are_evaluated_directly()
    {
        var evaluator = new CocoEvaluator<Pet>();
        evaluator.Add(new DatasetItem<Pet>(
            9, "a.jpg", 100, 100, [new(Pet.Cat, new(0, 0, 10, 10)), new(Pet.Dog, new(20, 20, 80, 80), IsCrowd: true)]));
        evaluator.AddDetections(9, [new Detection<Pet>(Pet.Cat, 0.9f, new(0, 0, 10, 10)), new(Pet.Dog, 0.8f, new(30, 30, 40, 40))]);
        var result = evaluator.Evaluate();
        Assert.Equal(1, result.Summary.AP, 1e-9);
        Assert.Equal(["Cat", "Dog"], result.Classes.Select(c => c.Name));
        Assert.Equal(-1, result.Classes[1].Summary.AP);
    }

    [Fact]
    public void The_table_has_a_row_for_all_classes_and_one_for_each()
    {
        var evaluator = new CocoEvaluator(TwoClasses);
        evaluator.AddGroundTruth(1, 3, new(0, 0, 10, 10));
        evaluator.AddDetection(1, 3, new(0, 0, 10, 10), 0.8);
        evaluator.AddDetection(1, 7, new(0, 0, 10, 10), 0.8);
        const string Expected =
            """
            class           AP   AP50   AP75    APs    APm    APl    AR1   AR10  AR100    ARs    ARm    ARl  objects  detections
            all classes  100.0  100.0  100.0  100.0      –      –  100.0  100.0  100.0  100.0      –      –        1           2
            dog          100.0  100.0  100.0  100.0      –      –  100.0  100.0  100.0  100.0      –      –        1           1
            cat              –      –      –      –      –      –      –      –      –      –      –      –        0           1

            class        VOC07  VOC10     F1  precision  recall  at score
            overall      100.0  100.0   66.7       50.0   100.0     0.800
            dog          100.0  100.0  100.0      100.0   100.0     0.800
            cat              –      –      –          –       –         –

            """;
        Assert.Equal(Expected.ReplaceLineEndings("\n"), evaluator.Evaluate().ToString());
    }

    private static CocoBox RandomBox(Random random) => new(random.Next(60), random.Next(60), random.Next(1, 60), random.Next(1, 60));

    private static CocoResult Evaluate(List<(long Image, CocoBox Box)> truths, List<(long Image, CocoBox Box, double Score)> found)
    {
        var evaluator = new CocoEvaluator(TwoClasses);
        truths.ForEach(t => evaluator.AddGroundTruth(t.Image, 3, t.Box));
        found.ForEach(d => evaluator.AddDetection(d.Image, 3, d.Box, d.Score));
        return evaluator.Evaluate();
    }
}
