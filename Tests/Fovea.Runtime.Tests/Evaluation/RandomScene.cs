namespace Fovea.Tests.Evaluation;

/// <summary>Random objects, crowd regions and detections near them and elsewhere, of three classes in five images.</summary>
internal sealed record RandomScene(
    List<(int Image, int Class, CocoBox Box, bool Crowd)> Truths, List<(int Image, int Class, CocoBox Box, double Score)> Detections)
{
    public const int Classes = 3;
    public const int Images = 5;

    public static string[] Names { get; } = ["ant", "bee", "cow"];

    public static RandomScene Create(int seed)
    {
        var random = new Random(seed);
        var truths = Enumerable.Range(0, random.Next(25)).Select(_ =>
            (random.Next(Images), random.Next(Classes), BoxOf(random, 60), random.Next(6) == 0)).ToList();
        var detections = Enumerable.Range(0, random.Next(60)).Select(_ =>
        {
            var near = truths.Count > 0 && random.Next(4) > 0 ? truths[random.Next(truths.Count)] : default;
            var box = near.Item3.Width > 0
                ? new CocoBox(
                    near.Item3.X + random.NextDouble() * 4, near.Item3.Y + random.NextDouble() * 4,
                    near.Item3.Width + random.NextDouble() * 4, near.Item3.Height + random.NextDouble() * 4)
                : BoxOf(random, 60);
            var c = random.Next(4) > 0 ? near.Item2 : random.Next(Classes);

            // Few scores, so that many are equal.
            return (near.Item1, c, box, random.Next(12) / 12.0);
        }).ToList();
        return new(truths, detections);
    }

    public CocoEvaluator Fill()
    {
        var evaluator = new CocoEvaluator(Names.Select((n, k) => KeyValuePair.Create((long)k, n)));
        for (var i = 0; i < Images; i++)
        {
            evaluator.AddImage(i);
        }

        Truths.ForEach(t => evaluator.AddGroundTruth(t.Image, t.Class, t.Box, isCrowd: t.Crowd));
        Detections.ForEach(d => evaluator.AddDetection(d.Image, d.Class, d.Box, d.Score));
        return evaluator;
    }

    public CocoResult Evaluate() => Fill().Evaluate();

    private static CocoBox BoxOf(Random random, int most) =>
        new(random.NextDouble() * 100, random.NextDouble() * 100, 8 + random.NextDouble() * most, 8 + random.NextDouble() * most);
}
