using System.Text.RegularExpressions;
using Fovea.App.Reports.Html;

namespace Fovea.Tests.App.Reports;

public partial class ReportPageTests
{
    [Fact]
    public void Nothing_in_a_text_becomes_markup()
    {
        var page = ReportPage.Write(SmallReport.Create());
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>bold", page, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(page, "</style>"));
        Assert.Contains("&lt;b&gt;bold&lt;/b&gt; &amp; &quot;quoted&quot;", page, StringComparison.Ordinal);
        Assert.Contains("A word of &lt;caution&gt;.", page, StringComparison.Ordinal);
        Assert.Contains("<title>Odd&lt;Detector&gt;: training report</title>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_loaded_from_anywhere()
    {
        var page = ReportPage.Write(SmallReport.Create());
        Assert.DoesNotMatch("https?://", page);
        Assert.DoesNotMatch(@"url\(|@import", page);
        Assert.All(Attributes().Matches(page), m => Assert.StartsWith("data:", m.Groups[1].Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Its_numbers_are_those_of_the_result()
    {
        var data = SmallReport.Create();
        var page = ReportPage.Write(data);
        Assert.Contains($"<dd id=\"ap50\">{data.Result.Summary.AP50 * 100:0.0}</dd>", page, StringComparison.Ordinal);
        Assert.Contains("it finds 2 of 3 objects with 1 false finds", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_find_and_nothing_found_are_told()
    {
        var evaluator = new CocoEvaluator<OddName>();
        evaluator.AddGroundTruth(1, []);
        Assert.Contains("There is nothing to find", ReportPage.Write(SmallReport.Create(evaluator.Evaluate())), StringComparison.Ordinal);
        evaluator.AddGroundTruth(1, [new(OddName.Bold, new Box(1, 2, 3, 4))]);
        var page = ReportPage.Write(SmallReport.Create(evaluator.Evaluate()));
        Assert.Contains("It finds none of the 1 objects", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_classes_the_frequent_confusions_are_listed_and_ten_curves_drawn()
    {
        const int Classes = 30;
        var evaluator = new CocoEvaluator(Enumerable.Range(0, Classes).Select(k => KeyValuePair.Create((long)k, $"class {k}")));
        for (var k = 0; k < Classes; k++)
        {
            // Each is found as the next one, the more often the greater its number.
            for (var i = 0; i <= k; i++)
            {
                var (image, box) = ((k * 100) + i, new CocoBox(10, 10, 30, 30));
                evaluator.AddGroundTruth(image, k, box);
                evaluator.AddDetection(image, i == 0 ? k : (k + 1) % Classes, box, 0.9);
            }
        }

        var page = ReportPage.Write(SmallReport.Create(evaluator.Evaluate()));
        Assert.Contains("The most frequent ones of 30 classes", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">class 29</th><th scope=\"row\">class 0</th>\n<td>29</td><td>96.7 %</td>", page, StringComparison.Ordinal);
        Assert.Contains("Of 30 classes the 10 with most objects are drawn", page, StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"confusion\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e30)]
    [InlineData(1e300)]
    [InlineData(-5)]
    [InlineData(0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_chart_of_any_numbers_is_drawn(double value)
    {
        var chart = new Chart("t", "x", [new ChartLine("l", "red", [(1, 1), (2, value), (3, 0.5)])]).ToMarkup().Text;
        Assert.Contains("<path", chart, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", chart, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", chart, StringComparison.Ordinal);
        var one = new Chart("t", "x", [new ChartLine("l", "red", [(1, value)])]).ToMarkup().Text;
        Assert.Contains(double.IsFinite(value) ? "<circle" : "Not measured", one, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(1, 12, "2 4 6 8 10 12")]
    [InlineData(7, 7, "7")]
    [InlineData(-3, 250, "0 50 100 150 200 250")]
    public void An_axis_has_round_numbers(double low, double high, string expected)
    {
        var axis = new Axis((low, high), 0, 100, isLogarithmic: false, isWhole: high > 1);
        Assert.Equal(expected, string.Join(' ', axis.Ticks(6).Select(t => FormattableString.Invariant($"{t:G6}"))));
    }

    [Fact]
    public void A_great_range_is_drawn_by_factors()
    {
        var axis = new Axis((0.01, 100), 0, 100, isLogarithmic: true, isWhole: false);
        Assert.Equal(50, axis.At(1), 9);
        Assert.Equal([0.01, 0.1, 1, 10, 100], axis.Ticks(5).Select(t => Math.Round(t, 9)));
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex Attributes();
}
