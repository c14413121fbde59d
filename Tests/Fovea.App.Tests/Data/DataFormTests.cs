namespace Fovea.Tests.App.Data;

/// <summary>One <c>--data</c> takes every form, and says what it took it for.</summary>
public sealed class DataFormTests : IDisposable
{
    private static readonly Dictionary<string, (Action<TempFolder> Write, string Path, string Told)> Forms = new()
    {
        ["COCO, a file for each split"] = (
            f => { f.Write("train.json", SmallSet.Coco); SmallSet.Pictures(f, "images"); }, "", "COCO: train (train.json)"),
        ["COCO, a copy of the pictures beside"] = (
            f => { f.Write("train.json", SmallSet.Coco); SmallSet.Pictures(f, "images"); Directory.CreateDirectory(f.File("train_backup")); },
            "", "COCO: train (train.json)"),
        ["COCO, as its authors lay it out"] = (
            f => { f.Write("annotations/instances_train2017.json", SmallSet.Coco); SmallSet.Pictures(f, "train2017"); },
            "", "COCO: train (annotations/instances_train2017.json)"),
        ["COCO, Roboflow's export"] = (
            f =>
            {
                var withSupercategory = SmallSet.Coco.Replace(
                    "[{\"id\": 10", "[{\"id\": 0, \"name\": \"things\"}, {\"id\": 10", StringComparison.Ordinal);
                f.Write("train/_annotations.coco.json", withSupercategory);
                SmallSet.Pictures(f, "train");
            },
            "", "COCO: train (train/_annotations.coco.json)"),
        ["COCO, names with the folder"] = (
            f =>
            {
                f.Write("train.json", SmallSet.Coco.Replace("a.png", "images/a.png", StringComparison.Ordinal));
                SmallSet.Pictures(f, "images");
            },
            "", "COCO: train (train.json)"),
        ["YOLO, data.yaml"] = (
            f =>
            {
                f.Write("data.yaml", "path: .\ntrain: images/train\nval: images/val # none\nnames:\n  0: traffic light\n  1: Car\n");
                f.Write("labels/train/a.txt", SmallSet.Yolo);
                SmallSet.Pictures(f, "images/train");
            },
            "", "YOLO: train (images/train)"),
        ["YOLO, data.yaml of Roboflow, named itself"] = (
            f =>
            {
                f.Write("data.yaml", "train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['traffic light', 'Car']\nroboflow:\n  version: 2\n");
                f.Write("train/labels/a.txt", SmallSet.Yolo);
                SmallSet.Pictures(f, "train/images");
            },
            "data.yaml", "YOLO: train (../train/images)"),
        ["YOLO, a list of pictures"] = (
            f =>
            {
                f.Write("data.yaml", "train: train.txt\nnames: [traffic light, Car]\n");
                f.Write("train.txt", "./images/a.png\nimages\\b.png\n");
                f.Write("labels/a.txt", "1 0.025 0.06666667 0.275 0.06666667 0.275 0.73333333\n0 0.275 0.4 0.25 0.66666667\n");
                SmallSet.Pictures(f, "images");
            },
            "", "YOLO: train (train.txt)"),
        ["YOLO, folders and classes.txt"] = (
            f =>
            {
                f.Write("classes.txt", "traffic light\nCar\n");
                f.Write("labels/train/a.txt", SmallSet.Yolo);
                SmallSet.Pictures(f, "images/train");
            },
            "", "YOLO: train (images/train)"),
        ["CSV of keras-retinanet"] = (
            f => { f.Write("train.csv", SmallSet.Csv); f.Write("classes.csv", "Car,0\ntraffic light,1\n"); SmallSet.Pictures(f, ""); },
            "", "CSV: train (train.csv)"),
        ["CSV with a head line"] = (
            f =>
            {
                f.Write("train/_annotations.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\n"
                    + "a.png,40,30,Car,1,2,11,22\n\"a.png\",40,30,\"traffic light\",6,2,16,22\nb.png,40,30,,,,,\n");
                SmallSet.Pictures(f, "train");
            },
            "", "CSV: train (train/_annotations.csv)"),
        ["VOC with split lists"] = (
            f =>
            {
                f.Write("Annotations/a.xml", SmallSet.Voc("a.png", true));
                f.Write("Annotations/b.xml", SmallSet.Voc("b.png", false));
                f.Write("ImageSets/Main/train.txt", "a\nb\n");
                f.Write("ImageSets/Main/Car_train.txt", "a 1\nb -1\n");
                SmallSet.Pictures(f, "JPEGImages");
            },
            "", "Pascal VOC: train (ImageSets/Main/train.txt)"),
        ["VOC, Roboflow's export"] = (
            f =>
            {
                f.Write("train/a.xml", SmallSet.Voc("a.png", true));
                f.Write("train/b.xml", SmallSet.Voc("b.png", false));
                SmallSet.Pictures(f, "train");
            },
            "", "Pascal VOC: train (train/*.xml)"),
    };

    private static readonly Dictionary<string, (Action<TempFolder> Write, string Path, string Told)> Undivided = new()
    {
        ["COCO, one file"] = (f => { f.Write("x.json", SmallSet.Coco); SmallSet.Pictures(f, "images"); }, "x.json", "COCO: x.json"),
        ["COCO, FiftyOne's export"] = (
            f => { f.Write("labels.json", SmallSet.Coco); SmallSet.Pictures(f, "data"); }, "", "COCO: labels.json"),
        ["CSV, one file"] = (f => { f.Write("boxes.csv", SmallSet.Csv); SmallSet.Pictures(f, "images"); }, "boxes.csv", "CSV: boxes.csv"),
        ["VOC without lists"] = (
            f =>
            {
                f.Write("Annotations/a.xml", SmallSet.Voc("a.png", true));
                f.Write("Annotations/b.xml", SmallSet.Voc("b.png", false));
                SmallSet.Pictures(f, "JPEGImages");
            },
            "", "Pascal VOC: Annotations/*.xml"),
        ["LabelImg, beside the pictures, which were renamed"] = (
            f => { f.Write("a.xml", SmallSet.Voc("IMG_1.JPG", true)); f.Write("b.XML", SmallSet.Voc(null, false)); SmallSet.Pictures(f, ""); },
            "", "Pascal VOC: *.xml"),
        ["LabelMe"] = (
            f =>
            {
                f.Write("a.json", SmallSet.LabelMe);
                f.Write("b.json", "{\"shapes\": [{\"label\": \"Car\", \"points\": [[1, 1]], \"shape_type\": \"point\"}], \"imagePath\": \"..\\\\b.png\", "
                    + "\"imageWidth\": 40, \"imageHeight\": 30}");
                SmallSet.Pictures(f, "");
            },
            "", "LabelMe: *.json"),
        ["YOLO beside the pictures"] = (
            f => { f.Write("classes.txt", "traffic light\nCar\n"); f.Write("a.txt", SmallSet.Yolo); SmallSet.Pictures(f, ""); },
            "", "YOLO: ."),
    };

    private readonly TempFolder folder = new();

    public static TheoryData<string> Divided => [.. Forms.Keys];

    public static TheoryData<string> Whole => [.. Undivided.Keys];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Divided))]
    public void A_divided_set_gives_the_same_images_and_boxes_in_every_form(string form)
    {
        var (write, path, told) = Forms[form];
        write(folder);
        Assert.Equal(told, DataFolder.Describe(folder.File(path)));
        CheckItems(DataFolder.Open<Road>(folder.File(path), "train"));
        Assert.Null(DataFolder.TryOpen<Road>(folder.File(path), "val"));
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public void A_set_without_splits_is_read_whole_and_divided_by_names(string form)
    {
        var (write, path, told) = Undivided[form];
        write(folder);
        Assert.StartsWith(told + "; not divided: a fifth", DataFolder.Describe(folder.File(path)), StringComparison.Ordinal);
        CheckItems(DataFolder.Open<Road>(folder.File(path), "all"));
        var (train, val) = (DataFolder.Open<Road>(folder.File(path), "train"), DataFolder.Open<Road>(folder.File(path), "valid"));
        Assert.Equal([1, 1], [train.Count, val.Count]);
        Assert.NotEqual(train[0].Name, val[0].Name);
        Assert.Null(DataFolder.TryOpen<Road>(folder.File(path), "test"));
    }

    [Fact]
    public void What_is_no_data_set_says_what_was_looked_for_and_what_is_there()
    {
        folder.Write("notes.md", "none");
        var error = Assert.Throws<DatasetException>(() => DataFolder.Open<Road>(folder.Path, "train"));
        foreach (var part in new[] { "found 'notes.md'", "COCO: train.json", "YOLO: data.yaml", "Pascal VOC: Annotations", "CSV: train.csv", "LabelMe" })
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }

        Assert.Contains("found nothing there", Assert.Throws<DatasetException>(() => DataFolder.Describe(folder.File("none"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_split_that_is_not_there_names_those_that_are()
    {
        folder.Write("train.json", SmallSet.Coco);
        var error = Assert.Throws<DatasetException>(() => DataFolder.Open<Road>(folder.Path, "test"));
        Assert.Contains("expected a split \"test\", found none in COCO with train (train.json)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_annotation_files_for_one_split_are_not_chosen_from()
    {
        folder.Write("annotations/instances_train2014.json", SmallSet.Coco);
        folder.Write("annotations/instances_train2017.json", SmallSet.Coco);
        var error = Assert.Throws<DatasetException>(() => DataFolder.Describe(folder.Path));
        Assert.Contains("instances_train2014.json, instances_train2017.json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 0.15 0.4 0.25", "4 columns")]
    [InlineData("1 0.15 0.4 0.25 x", "expected a class number and finite numbers")]
    [InlineData("2 0.15 0.4 0.25 0.5", "expected a class number that")]
    [InlineData("1 10 12 20 20", "are these pixels?")]
    [InlineData("1 0.9 0.4 0.5 0.5", "expected a box inside the image of 40×30")]
    public void A_wrong_yolo_line_is_named(string line, string message)
    {
        folder.Write("classes.txt", "traffic light\nCar\n");
        folder.Write("a.txt", "0 0.275 0.4 0.25 0.66666667\n" + line);
        SmallSet.Pictures(folder, "");
        var error = Assert.Throws<DatasetException>(() => DataFolder.Open<Road>(folder.Path, "all"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("a.txt: line 2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("names: [a", "expected well-formed YAML")]
    [InlineData("train: images", "names: expected the names of classes")]
    [InlineData("train: nowhere\nnames: [a]", "'train: nowhere': expected folders of pictures")]
    [InlineData("train: .\nnc: 3\nnames: [a]", "nc: expected the number of names, 1, found 3")]
    [InlineData("a: &x [1]\nb: *x", "expected no aliases")]
    [InlineData("- 1", "expected a table of names and values")]
    public void A_wrong_data_yaml_is_named(string yaml, string message)
    {
        folder.Write("data.yaml", yaml);
        var error = Assert.Throws<DatasetException>(() => DataFolder.Describe(folder.Path));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("data.yaml", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deeply_nested_data_yaml_is_refused()
    {
        folder.Write("data.yaml", "names: " + new string('[', 100_000));
        Assert.Contains(
            "levels", Assert.Throws<DatasetException>(() => DataFolder.Describe(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.png,1,2,11,Car", "line 3: expected path,x1,y1,x2,y2,class")]
    [InlineData("a.png,1,2,x,22,Car", "line 3: x2: expected a number, found 'x'")]
    [InlineData("a.png,1,2,11,22,lorry", "line 3: class: expected a name of classes.csv, found 'lorry'")]
    [InlineData("a.png,1,2,11,22,", "line 3: class: expected a name of classes.csv, found ''")]
    [InlineData("\"a.png,1,2,11,22,Car", "line 3: expected columns divided by commas")]
    [InlineData("c.png,1,2,11,22,Car", "1 are not there: 'c.png'")]
    [InlineData("/etc/c.png,1,2,11,22,Car", "1 lead out of it: '/etc/c.png'")]
    public void A_wrong_csv_row_is_named(string row, string message)
    {
        folder.Write("train.csv", "a.png,1,2,11,22,Car\nb.png,,,,,\n" + row);
        folder.Write("classes.csv", "Car,0\ntraffic light,1\n");
        SmallSet.Pictures(folder, "");
        var error = Assert.Throws<DatasetException>(() => DataFolder.Open<Road>(folder.Path, "train"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("train.csv", error.Message, StringComparison.Ordinal);
    }

    private static void CheckItems(DetectionDataset<Road> dataset)
    {
        Assert.Equal(["a", "b"], Enumerable.Range(0, dataset.Count).Select(i => Path.GetFileNameWithoutExtension(dataset[i].Name)));
        Assert.Equal([(40, 30), (40, 30)], Enumerable.Range(0, 2).Select(i => (dataset[i].Width, dataset[i].Height)));
        Assert.Equal([Road.Car, Road.TrafficLight], dataset[0].Objects.Select(o => o.Class));
        Assert.Empty(dataset[1].Objects);
        foreach (var (expected, actual) in SmallSet.Boxes.Zip(dataset[0].Objects.Select(o => o.Box)))
        {
            Assert.True(
                Math.Abs(expected.X1 - actual.X1) + Math.Abs(expected.Y1 - actual.Y1) + Math.Abs(expected.X2 - actual.X2)
                + Math.Abs(expected.Y2 - actual.Y2) < 1e-4, $"expected {expected}, found {actual}");
        }

        Assert.Equal(40, dataset.LoadImage(1).Width);
    }
}
