using Fovea.App.Reports.Html;
using Fovea.App.Reports.Pictures;

namespace Fovea.Tests.App.Reports;

/// <summary>Names that would be markup, if nobody escaped them.</summary>
public enum OddName
{
    [ClassName("<b>bold</b> & \"quoted\"")]
    Bold = 1,
    [ClassName("</style><script>alert('x')</script>")]
    Script = 2,
    Plain = 5,
}

/// <summary>A report over a small course and a small evaluation.</summary>
internal static class SmallReport
{
    public static ReportData Create(CocoResult? result = null) => new()
    {
        Model = "Odd<Detector>",
        Time = (new DateTime(2026, 11, 28, 9, 30, 0), TimeSpan.FromSeconds(185)),
        Facts = [("Network", [("backbone", "ResNet18 <&>"), ("canvas", "320×320")]), ("Data", [("train", new string('x', 300))])],
        Epochs =
        [
            .. Enumerable.Range(1, 5).Select(i => new EpochRecord(
                i, 10, 2.0 / i, 1.0 / i, 3, 1e-3 / i, 2, i % 2 == 0 ? 0.1 * i : null, i % 2 == 0 ? 0.2 * i : null) { Images = 40 }),
        ],
        Result = result ?? Evaluate(),
        MeasuredOn = "test (3 pictures)",
        Caution = "A word of <caution>.",
        Worst = [Worst("a<b>.png", 300, 200), Worst("b.png", 120, 400)],
        Warnings = ["class '<i>' has no objects to learn from."],
        Next = [("Detect:", "dotnet app.dll detect \"a & b\" --weights " + new string('w', 200))],
        Files = [("report.html", "this <page>")],
        MadeBy = "Fovea <1>",
    };

    public static CocoResult Evaluate()
    {
        var evaluator = new CocoEvaluator<OddName>();
        Box At(int x) => new(x, 10, x + 20, 40);
        evaluator.AddGroundTruth(1, [new(OddName.Bold, At(10)), new(OddName.Script, At(50))]);
        evaluator.AddGroundTruth(2, [new(OddName.Bold, At(10))]);
        evaluator.AddGroundTruth(3, []);
        evaluator.AddDetections(1, [new(OddName.Bold, 0.9f, At(11)), new(OddName.Bold, 0.8f, At(50))]);
        evaluator.AddDetections(2, [new(OddName.Bold, 0.7f, At(10))]);
        evaluator.AddDetections(3, [new(OddName.Plain, 0.6f, At(10))]);
        return evaluator.Evaluate();
    }

    private static WorstPicture Worst(string name, int width, int height)
    {
        var picture = new RgbImage(width, height);
        new Random(width).NextBytes(picture.Pixels);
        var jpeg = ImageFile.EncodeJpeg(picture, 80);
        return new WorstPicture(name, "worst0.jpg", 2, 1, width, height, jpeg, jpeg);
    }
}
