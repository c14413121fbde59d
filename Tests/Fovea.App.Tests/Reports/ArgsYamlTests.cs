using System.Globalization;
using Fovea.App.Reports;
using Fovea.Tiny;
using YamlDotNet.Serialization;

namespace Fovea.Tests.App.Reports;

public sealed class ArgsYamlTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_option_is_there_as_it_is()
    {
        var options = new TrainerOptions
        {
            Epochs = 3,
            Optimizer = new AdamW { LearningRate = 1e-5 },
            Groups = [new ParameterGroup("backbone.") { LearningRateFactor = 0.5 }],
            Augmentation = new Augmentation { VerticalFlip = 0.5 },
            Seed = ulong.MaxValue,
            Folder = "a \"folder\": with # signs",
        };
        var read = Write(options);
        var train = Table(read, "train");
        foreach (var property in typeof(TrainerOptions).GetProperties())
        {
            Assert.True(train.ContainsKey(YamlText.SnakeCase(property.Name)), $"{property.Name} is missing");
        }

        Assert.Equal("3", train["epochs"]);
        Assert.Equal("18446744073709551615", train["seed"]);
        Assert.Equal(options.Folder, train["folder"]);
        Assert.Equal("AdamW", Table(train, "optimizer")["kind"]);
        Assert.Equal("1.0E-05", Table(train, "optimizer")["learning_rate"]); // "1E-05" would be a text to YAML 1.1.
        Assert.Equal("0.5", Table(train, "augmentation")["vertical_flip"]);
        Assert.Contains("backbone.", Assert.Single((List<object>)train["groups"])!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Machine_model_and_data_are_named()
    {
        var read = Write(new TrainerOptions());
        Assert.Equal(
            ["data", "environment", "model", "options", "resumed_at_epoch", "train"], read.Keys.Select(k => (string)k).Order(StringComparer.Ordinal));
        foreach (var name in new[] { "fovea", "dotnet", "os", "processor", "device", "written", "command" })
        {
            Assert.False(string.IsNullOrEmpty(Table(read, "environment")[name]?.ToString()), name);
        }

        using var detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        Assert.Equal(detector.Description.Fingerprint, Table(read, "model")["fingerprint"]);
        Assert.Equal(["Red", "Blue"], (List<object>)Table(read, "model")["classes"]);
        var data = Table(Table(read, "data"), "train");
        Assert.Equal(("4", RunFacts.HashOf(TinyScenes.Create(4, 1))), (data["images"], data["sha256"]));
    }

    [Fact]
    public void What_the_command_was_given_is_a_table_that_config_reads()
    {
        var given = Table(Write(new TrainerOptions()), "options");
        Assert.Equal(("7", "a: b"), (given["epochs"], given["data"]));
    }

    [Fact]
    public void The_hash_of_the_data_is_of_boxes_and_pictures_not_of_places()
    {
        string Hash(string under, int width, string box)
        {
            folder.Write(Path.Combine(under, "train.json"), $$"""
                {"images": [{"id": 1, "file_name": "a.png", "width": {{width}}, "height": 30}],
                 "categories": [{"id": 1, "name": "Red"}, {"id": 2, "name": "Blue"}],
                 "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": {{box}} }]}
                """);
            ImageFile.SavePng(new RgbImage(width, 30), folder.File(Path.Combine(under, "a.png")));
            return RunFacts.HashOf(CocoDataset<Tile>.Open(folder.File(Path.Combine(under, "train.json")), folder.File(under)));
        }

        var first = Hash("one", 40, "[1, 2, 3, 4]");
        Assert.Equal(64, first.Length);
        Assert.Equal(first, Hash("two", 40, "[1, 2, 3, 4]"));
        Assert.NotEqual(first, Hash("three", 40, "[1, 2, 3, 4.5]"));
        Assert.NotEqual(first, Hash("four", 41, "[1, 2, 3, 4]"));
    }

    [Theory]
    [InlineData(double.NaN, ".nan")]
    [InlineData(double.NegativeInfinity, "-.inf")]
    [InlineData(3.0, "3.0")]
    [InlineData(1e300, "1.0E+300")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("1e3", "\"1e3\"")]
    [InlineData("", "\"\"")]
    [InlineData(null, "null")]
    public void Readers_of_all_versions_take_values_for_what_they_are(object? value, string expected)
    {
        var culture = CultureInfo.CurrentCulture;
        var yaml = new YamlText();
        yaml.Add("value", value);
        Assert.Equal($"value: {expected}\n", System.Text.Encoding.UTF8.GetString(yaml.Finish()));
        Assert.Equal(culture, CultureInfo.CurrentCulture);
    }

    private Dictionary<object, object> Write(TrainerOptions options)
    {
        using var detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        var path = folder.File("args.yaml");
        ArgsYaml.Write(path, detector, [("train", TinyScenes.Create(4, 1))], options, [("epochs", "7"), ("data", "\"a: b\"")], 0);
        return new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(File.ReadAllText(path));
    }

    private static Dictionary<object, object> Table(Dictionary<object, object> read, string name) => (Dictionary<object, object>)read[name];
}
