namespace Fovea.Package.Tests;

/// <summary>What <c>dotnet new fovea-detector</c> makes: it is built, trained and used.</summary>
[Collection(Packages.Name)]
public sealed class TemplateTests(PackageFeed feed)
{
    [SkippableFact]
    public void A_made_project_trains_on_its_data_folder_and_detects()
    {
        var folder = New("Street.Signs", "--classes", "Stop, Yield", "--width", "96", "--height", "64");
        var classes = File.ReadAllText(Path.Combine(folder, "ObjectClass.cs"));
        Assert.Contains("    Stop,\n    Yield,\n}", classes, StringComparison.Ordinal);
        WriteData(Path.Combine(folder, "data"));
        feed.Dotnet(folder, "build", "-c", "Release", "-warnaserror");
        var program = Path.Combine(folder, "bin/Release/net10.0/Street.Signs.dll");

        // The commands of its README.
        Run(folder, program, "data", "--data", "data");
        Run(folder, program, "train", "--data", "data", "--out", "out", "--epochs", "12", "--no-plots");
        Assert.Contains("Stop", Run(folder, program, "eval", "--data", "data", "--weights", "out/ObjectDetector.safetensors", "--split", "test"), StringComparison.Ordinal);
        Run(folder, program, "detect", "data/images/0.png", "--weights", "out/ObjectDetector.safetensors", "--out", "found.png", "--score", "0.3");
        Assert.True(File.Exists(Path.Combine(folder, "found.png")));
    }

    [SkippableTheory]
    [InlineData("ResNet18")]
    [InlineData("ResNeXt50_32x4d")]
    public void Every_backbone_that_it_offers_compiles(string backbone)
    {
        var folder = New("Pets", "--backbone", backbone);
        Assert.Contains($"[RetinaNet<ObjectClass>(Backbone.{backbone})]", File.ReadAllText(Path.Combine(folder, "ObjectDetector.cs")), StringComparison.Ordinal);
        feed.Dotnet(folder, "build", "-c", "Release", "-warnaserror");
    }

    [SkippableFact]
    public void It_offers_backbones_that_exist()
    {
        Skip.If(Repository.Folder is null, "The sources are not here.");
        using var template = System.Text.Json.JsonDocument.Parse(
            File.ReadAllText(Repository.PathOf("Packaging/Fovea.Templates/fovea-detector/.template.config/template.json")));
        var choices = template.RootElement.GetProperty("symbols").GetProperty("backbone").GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("choice").GetString()!);
        Assert.All(choices.Where(c => c != "Small"), c => Assert.True(Enum.TryParse<Backbone>(c, out _), c));
    }

    private static void WriteData(string folder)
    {
        foreach (var (split, count) in new[] { ("train", 24), ("val", 4), ("test", 4) })
        {
            var scenes = Enumerable.Range(0, count).Select(i =>
            {
                var image = new RgbImage(96, 64);
                var box = new Box(8 + (4 * (i % 8)), 12, 40 + (4 * (i % 8)), 44);
                for (var y = 12; y < 44; y++)
                {
                    image.Row(y)[((int)box.X1 * 3)..((int)box.X2 * 3)].Fill((byte)(i % 2 == 0 ? 255 : 120));
                }

                return (image, (IReadOnlyList<LabeledBox<Sign>>)[new(i % 2 == 0 ? Sign.Stop : Sign.Yield, box)]);
            });
            CocoWriter.Write(new InMemoryDataset<Sign>(split, scenes), Path.Combine(folder, split + ".json"), Path.Combine(folder, "images", split));
        }

        Directory.CreateDirectory(Path.Combine(folder, "images"));
        ImageFile.Save(new RgbImage(96, 64), Path.Combine(folder, "images", "0.png"));
    }

    private string New(string name, params string[] options)
    {
        Skip.If(Repository.Folder is null, "The sources are not here: there is nothing to pack.");
        var home = feed.NewFolder("home");
        feed.Dotnet(home, "new", "install", feed.FileOf("Fovea.Templates"), "--debug:custom-hive", home);
        var folder = Path.Combine(feed.NewFolder("new"), name);
        feed.Dotnet(Path.GetDirectoryName(folder)!, ["new", "fovea-detector", "-n", name, "--debug:custom-hive", home, .. options]);
        return folder;
    }

    private string Run(string folder, string program, params string[] arguments)
    {
        var (code, output) = feed.Start(folder, "dotnet", [program, .. arguments]);
        Assert.True(code == 0, output);
        return output;
    }

    /// <summary>The classes of the made project, to write its data.</summary>
    private enum Sign
    {
        Stop,
        Yield,
    }
}
