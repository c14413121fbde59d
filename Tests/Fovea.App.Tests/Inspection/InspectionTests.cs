using System.Text.Json;
using System.Text.RegularExpressions;
using Fovea.App.Inspection;
using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Tests.Data;
using Fovea.Tiny;

namespace Fovea.Tests.App.Inspection;

public enum BloodCell
{
    RBC,
    WBC,
    Platelets,
}

/// <summary>What <c>data</c> tells, against what others found by hand and by brute force.</summary>
public sealed partial class InspectionTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_best_anchor_is_that_of_a_search_over_all_anchors()
    {
        AnchorLevel[] levels = [new([8, 10], [0.5f, 1, 2]), new([16, 20], [0.5f, 1, 2]), new([32, 40], [1], Stride: 32)];
        var canvas = new CanvasSize(160, 96);
        var all = Enumerable.Range(0, 3).Select(l => AnchorGenerator.Generate([levels[l]], [(96 >> (l + 3), 160 >> (l + 3))], 96, 160)).ToArray();
        var coverage = new AnchorCoverage(levels, 3);
        var random = new SeededRandom(4);
        for (var i = 0; i < 500; i++)
        {
            var (x, y) = (random.NextDouble(0, 150), random.NextDouble(0, 90));
            var box = new Box(
                (float)x, (float)y, (float)Math.Min(160, x + random.NextDouble(1, 70)), (float)Math.Min(96, y + random.NextDouble(1, 70)));
            var best = all.SelectMany((anchors, level) => anchors.Select(a => (Level: level, IoU: box.IoU(a)))).MaxBy(a => a.IoU);
            Assert.Equal(best.IoU, coverage.Best(box, canvas).IoU);
        }
    }

    [SkippableFact]
    public void Labels_that_are_doubled_in_the_blood_cells_are_those_that_a_person_found()
    {
        var quirks = TestData.Require("bccd", "quirks.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(quirks));
        using var detector = TileDetector.Create(seed: 1);
        foreach (var split in new[] { "train", "val", "test" })
        {
            var expected = json.RootElement.EnumerateArray()
                .Where(
                    q => q.GetProperty("split").GetString() == split && q.GetProperty("quirk").GetString() == "same object labelled twice")
                .Select(q => q.GetProperty("file").GetString()!).Order(StringComparer.Ordinal);
            var dataset = DataFolder.Open<BloodCell>(TestData.Require("bccd"), split);
            var inspected = new SplitInspector(detector.Description).Inspect(split, dataset, default);
            var found = inspected.Suspicious.Single(s => s.Kind.StartsWith("labelled twice", StringComparison.Ordinal));
            Assert.Equal(expected, found.Examples.Select(e => e.Split(':')[0]).Order(StringComparer.Ordinal));
            Assert.Equal(dataset.Report.Objects, inspected.Classes.Sum(c => c.Objects));
            Assert.Equal(dataset.Report.Objects, inspected.Levels.Sum(l => l.Objects));
        }
    }

    [SkippableFact]
    public void The_one_field_of_view_that_is_in_two_splits_of_the_blood_cells_is_found_and_no_other()
    {
        var looks = new[] { "train", "val", "test" }.SelectMany(
            s => PictureScan.Read(s, DataFolder.Open<BloodCell>(TestData.Require("bccd"), s), headersOnly: false, default)).ToArray();
        Assert.All(looks, l => Assert.Null(l.Error));
        Assert.Equal(
            new DuplicatePair("train: BloodImage_00038.jpg", "val: BloodImage_00037.jpg", SameSplit: false, Exact: false),
            Assert.Single(PictureScan.Duplicates(looks)));
    }

    [Fact]
    public void Unreadable_pictures_other_sizes_and_copies_across_splits_are_told()
    {
        Write("train", 4);
        Write("val", 2);
        File.Copy(folder.File("images/train0.png"), folder.File("images/val1.png"), overwrite: true);
        File.WriteAllBytes(folder.File("images/train1.png"), [.. File.ReadAllBytes(folder.File("images/train1.png")).Take(200)]);
        ImageFile.SavePng(new RgbImage(40, 30), folder.File("images/train2.png"));
        var check = Check();
        Assert.Equal(2, check.Errors.Count);
        Assert.Contains("train1.png", check.Errors[0], StringComparison.Ordinal);
        Assert.Contains("expected 64×64 pixels", check.Errors[1], StringComparison.Ordinal);
        Assert.Contains("train: train0.png and val: val1.png, across splits", check.ToString(), StringComparison.Ordinal);
        Assert.Contains(check.Advice, a => a.StartsWith("1 pictures of one split are in another", StringComparison.Ordinal));

        // Headers alone show the size, and neither the damage nor the copy.
        var headers = Check(headersOnly: true);
        Assert.Contains("train2.png: expected 64×64 pixels, found 40×30", Assert.Single(headers.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("across splits", headers.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_narrower_than_two_strides_are_counted_and_explained()
    {
        Write("train", 3, size: 15);
        var check = Check("train");
        Assert.Contains(
            check.Advice, a => a.StartsWith("3 of 3 objects are narrower than two strides (16 pixels)", StringComparison.Ordinal));
        Assert.Contains(check.Advice, a => a.StartsWith("there is no second split", StringComparison.Ordinal));
        Write("train", 3, size: 16);
        Assert.DoesNotContain(Check("train").Advice, a => a.Contains("two strides", StringComparison.Ordinal));
    }

    [Fact]
    public void The_json_says_what_the_text_says()
    {
        Write("train", 3);
        using var json = JsonDocument.Parse(Check("train").ToJson());
        var split = json.RootElement.GetProperty("splits")[0];
        Assert.Equal("train", split.GetProperty("split").GetString());
        Assert.Equal((3, 3), (split.GetProperty("images").GetInt32(), split.GetProperty("objects").GetInt32()));
        var red = split.GetProperty("classes")[0];
        Assert.Equal(("Red", 3, 20.0), (
            red.GetProperty("name").GetString(), red.GetProperty("objects").GetInt32(), red.GetProperty("medianSize").GetDouble()));
        Assert.Equal("64×64", json.RootElement.GetProperty("canvas").GetString());
        Assert.Matches(MatchingRow(), Check("train").ToString());
    }

    [Fact]
    public async Task The_command_writes_pages_of_pictures_and_ends_with_1_where_pictures_cannot_be_used()
    {
        Write("train", 5);
        Write("val", 2);
        using var detector = TileDetector.Create(seed: 1);
        string[] arguments = ["data", "--data", folder.Path, "--out", folder.File("out"), "--allow-missing"];
        Assert.Equal(0, await DetectorApp.RunAsync(detector, arguments));
        var page = ImageFile.Decode(folder.File("out/samples.train.png"));

        // A canvas of 64 pixels is shown four times as large, so that labels can be read.
        Assert.Equal((4 * 256 + 3 * 4, 2 * 256 + 4), (page.Width, page.Height));

        // The validation page is not varied: the red object is where its label says.
        var val = ImageFile.Decode(folder.File("out/samples.val.png"));
        Assert.True(val[128, 152][0] > 200 && val[128, 152][2] < 60, "the object is not where it was painted");
        Assert.True(File.Exists(folder.File("out/data.json")));
        File.WriteAllText(folder.File("images/train0.png"), "no picture");
        Assert.Equal(1, await DetectorApp.RunAsync(detector, ["data", "--data", folder.Path, "--allow-missing", "--json"]));
    }

    [Fact]
    public async Task A_data_set_of_ones_own_needs_no_data_option()
    {
        Write("train", 5);
        using var detector = TileDetector.Create(seed: 1);
        var asked = new List<string>();
        DetectionDataset<Tile>? Own(string split)
        {
            asked.Add(split);
            return split == "train" ? new Painted() : null;
        }

        Assert.Equal(0, await DetectorApp.RunAsync(detector, ["data", "--json"], null, Own));
        Assert.Equal(["train", "val", "test"], asked);
        Assert.Equal(1, await DetectorApp.RunAsync(detector, ["eval", "--weights", "none"], null, Own));
    }

    [Fact]
    public async Task Headers_are_read_of_files_alone_and_what_was_not_looked_at_is_told()
    {
        using var detector = TileDetector.Create(seed: 1);
        var own = new Painted();
        var check = DataCheck.Run(detector, [("train", own)], headersOnly: true);
        Assert.Empty(check.Errors);
        Assert.Contains(check.Advice, a => a.StartsWith("3 of 3 pictures were not looked at", StringComparison.Ordinal));
        Assert.Equal(0, await DetectorApp.RunAsync(detector, ["data", "--headers-only"], null, split => split == "train" ? own : null));
        Assert.DoesNotContain(DataCheck.Run(detector, [("train", own)]).Advice, a => a.Contains("not looked at", StringComparison.Ordinal));

        // A part of files is files, a part of a program's own pictures is not.
        Write("train", 4);
        ImageFile.SavePng(new RgbImage(40, 30), folder.File("images/train2.png"));
        var files = DataFolder.Open<Tile>(folder.Path, "train", new DatasetOptions { AllowMissingClasses = true });
        var parts = DataCheck.Run(detector, [("train", files.Subset([0, 2])), ("val", own.Subset([0]))], headersOnly: true);
        Assert.Contains("train2.png: expected 64×64 pixels, found 40×30", Assert.Single(parts.Errors), StringComparison.Ordinal);
        Assert.Contains(parts.Advice, a => a.StartsWith("1 of 3 pictures were not looked at", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_data_set_that_cannot_load_is_told_with_the_first_of_its_pictures()
    {
        using var detector = TileDetector.Create(seed: 1);
        var broken = new Painted { Fails = index => index >= 1 };
        for (var i = 0; i < 20; i++)
        {
            var error = Assert.Throws<DatasetException>(() => DataCheck.Run(detector, [("train", broken)]));
            Assert.StartsWith(
                "painted 1: the data set's LoadImage failed with NotSupportedException: no film", error.Message, StringComparison.Ordinal);
            Assert.IsType<NotSupportedException>(error.InnerException);
        }

        Assert.Equal(1, await DetectorApp.RunAsync(detector, ["data"], null, split => split == "train" ? broken : null));
    }

    [GeneratedRegex(@"\n  Red\s+3\s+3\s")]
    private static partial Regex MatchingRow();

    private DataCheck Check(string split) => Check(false, split);

    private DataCheck Check(bool headersOnly = false, params string[] splits)
    {
        using var detector = TileDetector.Create(seed: 1);
        var options = new DatasetOptions { AllowMissingClasses = true };
        (string, DetectionDataset<Tile>)[] parts = [.. (splits.Length == 0 ? ["train", "val"] : splits).Select(
            s => (s, DataFolder.Open<Tile>(folder.Path, s, options)))];
        return DataCheck.Run(detector, parts, headersOnly: headersOnly);
    }

    /// <summary>Pictures of noise with a red square at (20, 25).</summary>
    private void Write(string split, int count, int size = 20)
    {
        for (var i = 0; i < count; i++)
        {
            ImageFile.SavePng(Painted.Picture((ulong)(i + split.Length * 100), size), folder.File($"images/{split}{i}.png"));
        }

        var images = Enumerable.Range(0, count).Select(i => $$"""{"id": {{i}}, "file_name": "{{split}}{{i}}.png", "width": 64, "height": 64}""");
        var boxes = Enumerable.Range(0, count).Select(i => $$"""{"id": {{i}}, "image_id": {{i}}, "category_id": 1, "bbox": [20, 25, {{size}}, {{size}}]}""");
        folder.Write($"{split}.json", $$"""
            {"images": [{{string.Join(',', images)}}], "categories": [{"id": 1, "name": "Red"}], "annotations": [{{string.Join(',', boxes)}}]}
            """);
    }

    /// <summary>A data set of a program's own, as docs/data.md shows it.</summary>
    private sealed class Painted : DetectionDataset<Tile>
    {
        public Painted() => Report = DatasetReport.Of(this);

        public override string Name => "painted";

        public override int Count => 3;

        public override DatasetReport Report { get; }

        public override DatasetItem<Tile> this[int index] =>
            new(index + 1, $"painted {index}", 64, 64, [new LabeledBox<Tile>(Tile.Red, new Box(20, 25, 40, 45))]);

        public Predicate<int> Fails { get; init; } = _ => false;

        public override RgbImage LoadImage(int index) =>
            Fails(index) ? throw new NotSupportedException("no film") : Picture((ulong)index, 20);

        public static RgbImage Picture(ulong seed, int size)
        {
            var picture = new RgbImage(64, 64);
            var random = new SeededRandom(seed);
            for (var i = 0; i < picture.Pixels.Length; i++)
            {
                picture.Pixels[i] = (byte)random.NextInt32(100);
            }

            for (var y = 25; y < 25 + size; y++)
            {
                for (var x = 20; x < 20 + size; x++)
                {
                    (picture[x, y][0], picture[x, y][1], picture[x, y][2]) = (230, 10, 10);
                }
            }

            return picture;
        }
    }
}
