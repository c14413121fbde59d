using System.Globalization;
using System.Text.Json;

namespace Fovea.Tests.Evaluation;

public sealed class CocoJsonTests : IDisposable
{
    private readonly CultureInfo culture = CultureInfo.CurrentCulture;

    public void Dispose() => CultureInfo.CurrentCulture = culture;

    [Fact]
    public void The_JSON_has_all_numbers_in_all_and_by_class_and_null_where_there_is_nothing_to_measure_by()
    {
        using var json = JsonDocument.Parse(Example().ToJson());
        var root = json.RootElement;
        Assert.Equal([2, 2, 4], new[] { "images", "objects", "detections" }.Select(n => root.GetProperty(n).GetInt32()));
        Assert.Equal(Example().Summary.AP, root.GetProperty("ap").GetDouble());
        Assert.Equal(Example().Summary.ARSmall, root.GetProperty("arSmall").GetDouble());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("apLarge").ValueKind);
        Assert.Equal(Example().Voc.AP2007, root.GetProperty("voc2007").GetDouble());
        Assert.Equal(Example().Voc.AP2010, root.GetProperty("voc2010").GetDouble());
        Assert.Equal(0.9, root.GetProperty("bestF1").GetProperty("score").GetDouble());
        Assert.Equal((1, 0, 1), (
            root.GetProperty("bestF1").GetProperty("right").GetInt32(), root.GetProperty("bestF1").GetProperty("wrong").GetInt32(),
            root.GetProperty("bestF1").GetProperty("missed").GetInt32()));
        Assert.Equal(101, root.GetProperty("precisionAtRecall").GetArrayLength());

        var classes = root.GetProperty("classes").EnumerateArray().ToArray();
        Assert.Equal(["Käfer \"<1>\"", "dog"], classes.Select(c => c.GetProperty("name").GetString()));
        Assert.Equal(3, classes[0].GetProperty("id").GetInt64());
        Assert.Equal(Example().Classes[0].Summary.AP75, classes[0].GetProperty("ap75").GetDouble());
        Assert.All(
            new[] { "ap", "voc2007", "bestF1", "precisionAtRecall" },
            n => Assert.Equal(JsonValueKind.Null, classes[1].GetProperty(n).ValueKind));
        var confusion = root.GetProperty("confusion");
        Assert.Equal(
            [1, 0, 1, 0, 0, 0, 0, 0, 0],
            confusion.GetProperty("counts").EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(v => v.GetInt32()));
        Assert.Equal("background", confusion.GetProperty("names")[2].GetString());
    }

    [Fact]
    public void Text_and_JSON_are_the_same_in_every_culture()
    {
        var (text, json, matrix) = (Example().ToString(), Example().ToJson(), Example().ConfusionMatrix(0.1).ToString());
        var strange = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (strange.NumberFormat.NumberDecimalSeparator, strange.NumberFormat.NegativeSign) = (",", "~");
        CultureInfo.CurrentCulture = strange;
        Assert.Equal(text, Example().ToString());
        Assert.Equal(json, Example().ToJson());
        Assert.Equal(matrix, Example().ConfusionMatrix(0.1).ToString());
    }

    [Fact]
    public void An_evaluation_of_nothing_is_written_too()
    {
        using var json = JsonDocument.Parse(new CocoEvaluator([]).Evaluate().ToJson());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("ap").ValueKind);
        Assert.Equal(0, json.RootElement.GetProperty("classes").GetArrayLength());
    }

    private static CocoResult Example()
    {
        var evaluator = new CocoEvaluator([new(3, "Käfer \"<1>\""), new(8, "dog")]);
        evaluator.AddGroundTruth(1, 3, new(0, 0, 10.5, 10));
        evaluator.AddGroundTruth(2, 3, new(40, 40, 10, 10));
        evaluator.AddDetection(1, 3, new(0, 0, 10.5, 9), 0.9);
        evaluator.AddDetection(2, 3, new(80, 80, 10, 10), 0.625);
        evaluator.AddDetection(2, 8, new(80, 80, 10, 10), 0.5);
        evaluator.AddDetection(1, 8, new(80, 80, 10, 10), 0.4);
        return evaluator.Evaluate();
    }
}
