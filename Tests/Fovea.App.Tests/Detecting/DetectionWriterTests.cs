using System.Text.Json;
using Fovea.Tiny;

namespace Fovea.Tests.App.Detecting;

/// <summary>What is found is written so that data sets' readers, ours among them, read the same.</summary>
public sealed class DetectionWriterTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly PictureDetections<Tile>[] pictures =
    [
        new(7, "a, \"b\".png", 64, 32,
            [new(Tile.Blue, 0.75f, new Box(1.1f, 2.2f, 33.3f, 30.7f)), new(Tile.Red, 0.5f, new Box(0, 0, 64, 32))]),
        new(9, "empty.png", 64, 32, []),
    ];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Comma_separated_values_are_read_again_to_the_bit()
    {
        CsvDetectionsWriter.Write(pictures, folder.File("found.csv"));
        DrawPictures();
        var read = CsvDataset<Tile>.Open(folder.File("found.csv"));
        Assert.Equal(2, read.Count);
        Assert.Equal(pictures[0].Detections.Select(d => (d.Class, d.Box)), read[0].Objects.Select(o => (o.Class, o.Box)));
        Assert.Empty(read[1].Objects);
        Assert.StartsWith(
            "filename,width,height,class,score,xmin,ymin,xmax,ymax\n\"a, \"\"b\"\".png\",64,32,Blue,0.75,1.1,2.2,33.3,30.7\n",
            File.ReadAllText(folder.File("found.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public void Yolo_labels_are_read_again()
    {
        DrawPictures();
        foreach (var picture in pictures)
        {
            YoloLabelWriter.Write(picture, folder.File(Path.ChangeExtension(picture.Name, ".txt")));
        }

        YoloLabelWriter.WriteNames<Tile>(folder.File("classes.txt"));
        var names = File.ReadAllLines(folder.File("classes.txt"));
        Assert.Equal(["Red", "Blue"], names);
        var read = YoloDataset<Tile>.Open(folder.Path, names);
        Assert.Equal(pictures[0].Detections.Select(d => d.Class), read[0].Objects.Select(o => o.Class));
        foreach (var (expected, found) in pictures[0].Detections.Zip(read[0].Objects))
        {
            Assert.Equal(expected.Box.X1, found.Box.X1, 1e-4);
            Assert.Equal(expected.Box.Y2, found.Box.Y2, 1e-4);
        }

        Assert.Empty(read[1].Objects);
    }

    [Fact]
    public void A_box_over_the_edge_is_cut_in_labels()
    {
        var over = new PictureDetections<Tile>(1, "a.png", 64, 32, [new(Tile.Red, 0.5f, new Box(-10, -10, 32, 64))]);
        YoloLabelWriter.Write(over, folder.File("a.txt"));
        Assert.Equal("0 0.25 0.5 0.5 1\n", File.ReadAllText(folder.File("a.txt")));
    }

    [Fact]
    public void Coco_results_have_corner_and_size()
    {
        CocoResultsWriter.Write(pictures, folder.File("found.json"));
        using var json = JsonDocument.Parse(File.ReadAllText(folder.File("found.json")));
        Assert.Equal(2, json.RootElement.GetArrayLength());
        var first = json.RootElement[0];
        Assert.Equal(7, first.GetProperty("image_id").GetInt64());
        Assert.Equal((int)Tile.Blue + 1, first.GetProperty("category_id").GetInt32());
        Assert.Equal("Blue", first.GetProperty("category_name").GetString());
        Assert.Equal("a, \"b\".png", first.GetProperty("file_name").GetString());
        Assert.Equal(0.75, first.GetProperty("score").GetDouble());
        var box = first.GetProperty("bbox").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        Assert.Equal([(double)1.1f, 2.2f, (double)33.3f - 1.1f, (double)30.7f - 2.2f], box);
    }

    [Theory]
    [InlineData("000000000139.jpg,val/000000000285.jpg", 139, 285)]
    [InlineData("a.jpg,2.jpg", 1, 2)]
    [InlineData("a/7.jpg,b/7.jpg", 1, 2)]
    [InlineData("99999999999999999999.jpg,3.jpg", 1, 2)]
    [InlineData(".jpg,3.jpg", 1, 2)]
    public void Images_have_the_numbers_that_their_names_are_where_all_are_numbers(string names, long first, long second) =>
        Assert.Equal([first, second], CocoResultsWriter.NumberImages(names.Split(',')));

    private void DrawPictures() => Array.ForEach(pictures, p => ImageFile.SavePng(new RgbImage(p.Width, p.Height), folder.File(p.Name)));
}
