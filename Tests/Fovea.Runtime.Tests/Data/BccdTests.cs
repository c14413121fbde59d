using System.Text.Json;

namespace Fovea.Tests.Data;

/// <summary>Both readers on the real blood-cell set.</summary>
public class BccdTests
{
    [SkippableTheory]
    [InlineData("train")]
    [InlineData("val")]
    [InlineData("test")]
    public void The_coco_reader_finds_what_the_file_says(string split)
    {
        var path = TestData.Require("bccd", $"{split}.json");
        var dataset = Coco(split);
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var images = json.RootElement.GetProperty("images").EnumerateArray().ToArray();
        var annotations = json.RootElement.GetProperty("annotations").EnumerateArray().ToArray();
        var withArea = annotations.Where(a => a.GetProperty("bbox")[2].GetDouble() > 0 && a.GetProperty("bbox")[3].GetDouble() > 0)
            .ToArray();
        Assert.Equal(images.Length, dataset.Count);
        Assert.Equal(withArea.Length, dataset.Report.Objects);
        Assert.Equal(annotations.Length - withArea.Length, dataset.Report.BoxesWithoutArea.Count);
        for (var i = 0; i < images.Length; i++)
        {
            var item = dataset[i];
            Assert.Equal(images[i].GetProperty("id").GetInt64(), item.Id);
            var own = withArea.Where(a => a.GetProperty("image_id").GetInt64() == item.Id).ToArray();
            Assert.Equal(own.Select(a => a.GetProperty("id").GetInt64()), item.Objects.Select(o => o.Id));

            // The file's categories are 1 RBC, 2 WBC, 3 Platelets: the enum's values here are others, bound by name.
            Assert.Equal(own.Select(a => a.GetProperty("category_id").GetInt32()), item.Objects.Select(o => o.Class switch
            {
                BloodCell.RBC => 1,
                BloodCell.WBC => 2,
                _ => 3,
            }));
        }
    }

    [SkippableFact]
    public void Boxes_without_area_are_reported_where_the_quirks_say_and_skipped()
    {
        var quirks = TestData.Require("bccd", "quirks.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(quirks));
        foreach (var split in new[] { "train", "val", "test" })
        {
            var files = json.RootElement.EnumerateArray()
                .Where(q => q.GetProperty("quirk").GetString() == "box without area")
                .Where(q => q.GetProperty("split").GetString() == split).ToArray();
            var warnings = new List<string>();
            var dataset = Coco(split, new DatasetOptions { Warnings = new Collector(warnings) });
            Assert.Equal(files.Length, dataset.Report.BoxesWithoutArea.Count);
            Assert.Equal(files.Length > 0 ? 1 : 0, warnings.Count(w => w.Contains("without area", StringComparison.Ordinal)));
        }
    }

    [SkippableTheory]
    [InlineData("train")]
    [InlineData("val")]
    [InlineData("test")]
    public void The_voc_reader_finds_the_same_boxes(string split)
    {
        var coco = Coco(split);
        var voc = Voc(split, new VocOptions());
        Assert.Equal(coco.Count, voc.Count);
        Assert.Equal(coco.Report.BoxesWithoutArea.Count, voc.Report.BoxesWithoutArea.Count);
        for (var i = 0; i < coco.Count; i++)
        {
            Assert.Equal(Path.GetFileName(coco[i].Name), Path.GetFileName(voc[i].Name));
            Assert.Equal(coco[i].Objects.Select(o => (o.Class, o.Box)), voc[i].Objects.Select(o => (o.Class, o.Box)));
        }
    }

    [SkippableFact]
    public void Pixel_indices_from_one_move_the_left_upper_corner_and_leave_no_box_without_area()
    {
        var edges = Voc("val", new VocOptions { AllowMissingClasses = true });
        var pixels = Voc("val", new VocOptions { Coordinates = VocCoordinates.PixelsFromOne });
        Assert.Equal(edges.Report.Objects + 1, pixels.Report.Objects);
        var (a, b) = (edges[0].Objects[0].Box, pixels[0].Objects[0].Box);
        Assert.Equal(new Box(a.X1 - 1, a.Y1 - 1, a.X2, a.Y2), b);
    }

    [SkippableFact]
    public void Images_load_in_their_annotated_size()
    {
        var dataset = Coco("test");
        for (var i = 0; i < dataset.Count; i += 12)
        {
            var image = dataset.LoadImage(i);
            Assert.Equal((dataset[i].Width, dataset[i].Height), (image.Width, image.Height));
        }
    }

    internal static CocoDataset<BloodCell> Coco(string split, DatasetOptions? options = null) =>
        CocoDataset<BloodCell>.Open(TestData.Require("bccd", $"{split}.json"), TestData.Require("bccd", "images"), options);

    private static VocDataset<BloodCell> Voc(string split, VocOptions options) => VocDataset<BloodCell>.Open(
        TestData.Require("bccd", "annotations-voc"), TestData.Require("bccd", "images"),
        TestData.Require("bccd", "splits", $"{split}.txt"), options);

    /// <summary>Progress that reports at once, on the caller's thread.</summary>
    internal sealed class Collector(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }
}

/// <summary>Values differ from the file's category numbers on purpose.</summary>
public enum BloodCell : byte
{
    Platelets = 0,
    RBC = 2,
    WBC = 5,
}
