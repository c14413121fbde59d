using System.Globalization;

namespace Fovea.Tests.Data;

public enum Road
{
    Car = 1,
    [ClassName("traffic light")]
    TrafficLight = 3,
}

public enum Cases
{
    Wheel,
    [ClassName("wheel")]
    Small,
}

/// <summary>What a wrong annotation file says: file, field, expected, found, what to do.</summary>
public sealed class BadDatasetTests : IDisposable
{
    private const string Good = """
        {"images": [{"id": 7, "file_name": "a.png", "width": 40, "height": 30}, {"id": 8, "file_name": "b.png", "width": 40, "height": 30}],
         "categories": [{"id": 10, "name": "traffic light"}, {"id": 20, "name": "Car"}],
         "annotations": [{"id": 1, "image_id": 7, "category_id": 20, "bbox": [1, 2, 10, 20], "iscrowd": 0, "area": 150.5},
                         {"id": 2, "image_id": 7, "category_id": 10, "bbox": [5.5, 2, 10, 20]}]}
        """;

    private readonly TempFolder folder = new();

    public BadDatasetTests()
    {
        ImageFile.Save(ImageFileTests.Gradient(40, 30), Path.Combine(folder.Path, "a.png"));
        ImageFile.Save(ImageFileTests.Gradient(40, 30), Path.Combine(folder.Path, "b.png"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Categories_are_bound_by_name_and_by_class_name_and_empty_images_are_kept()
    {
        var dataset = Open(Good);
        Assert.Equal(2, dataset.Count);
        Assert.Empty(dataset[1].Objects);
        Assert.Equal(1, dataset.Report.ImagesWithoutObjects);
        Assert.Equal([Road.Car, Road.TrafficLight], dataset[0].Objects.Select(o => o.Class));
        Assert.Equal(new Box(1, 2, 11, 22), dataset[0].Objects[0].Box);
        Assert.Equal([150.5, 200], dataset[0].Objects.Select(o => o.Area));
        Assert.Equal([("Car", 1), ("traffic light", 1)], dataset.Report.ObjectsPerClass);
        Assert.Equal([null, "Car", null, "traffic light"], dataset.Classes.Names);
        Assert.Equal(4, dataset.Classes.Count);
        Assert.Empty(dataset.Report.Warnings);
    }

    [Theory]
    [InlineData("[1, 2, 10, 20]", "[1, 2, -10, 20]",
        "annotations[0].bbox: expected a width and height of at least 0, found [1, 2, -10, 20]")]
    [InlineData("[1, 2, 10, 20]", "[-3, 2, 10, 20]",
        "annotations[0].bbox: expected a box inside the image of 40×30, found [-3, 2, 10, 20]")]
    [InlineData("[1, 2, 10, 20]", "[1, 2, 10, 40]", "annotations[0].bbox: expected a box inside the image of 40×30, found [1, 2, 10, 40]")]
    [InlineData("[1, 2, 10, 20]", "[1e999, 2, 10, 20]", "annotations[0].bbox: expected finite numbers, found [1e999, 2, 10, 20]")]
    [InlineData("[1, 2, 10, 20]", "[1, 2, 10]", "annotations[0].bbox: expected four numbers [x, y, width, height], found [1, 2, 10]")]
    [InlineData("[1, 2, 10, 20]", "[1, 2, \"w\", 20]", "annotations[0].bbox: expected four numbers")]
    [InlineData("[1, 2, 10, 20]", "[1, NaN, 10, 20]", "expected well-formed JSON, found an error in line 3")]
    [InlineData("\"bbox\": [1, 2, 10, 20], ", "", "annotations[0].bbox: expected four numbers [x, y, width, height], found nothing")]
    [InlineData("\"id\": 2,", "\"id\": 1,", "annotations[1].id: expected an id of its own, found 1, which is also that of annotations[0]")]
    [InlineData("\"id\": 8,", "\"id\": 7,", "images[1].id: expected an id of its own, found 7, which is also that of images[0]")]
    [InlineData("\"id\": 10,", "\"id\": 20,", "categories[1].id: expected an id of its own, found 20, which is also that of categories[0]")]
    [InlineData("\"category_id\": 10", "\"category_id\": 11",
        "annotations[1].category_id: expected the id of a category, found 11, which no category has")]
    [InlineData("\"image_id\": 7, \"category_id\": 10", "\"image_id\": 9, \"category_id\": 10",
        "annotations[1].image_id: expected the id of an image, found 9")]
    [InlineData("\"width\": 40, \"height\": 30}, ", "\"width\": 0, \"height\": 30}, ",
        "images[0].width: expected a size from 1 to 65536 pixels, found 0")]
    [InlineData("\"file_name\": \"a.png\", ", "", "images[0].file_name: expected a text, found nothing")]
    [InlineData("b.png", "c.png", "1 are not there: 'c.png'")]
    [InlineData("\"area\": 150.5", "\"area\": -1", "annotations[0].area: expected a number of at least 0, found -1")]
    [InlineData("\"annotations\"", "\"notes\"", "annotations: expected an array, found nothing")]
    [InlineData("}]}", "}]", "expected well-formed JSON, found an error in line")]
    public void A_wrong_entry_is_named_with_what_was_expected_and_found(string right, string wrong, string message)
    {
        var position = Good.IndexOf(right, StringComparison.Ordinal);
        Assert.True(position >= 0, $"the good file does not contain {right}");
        var error = Assert.Throws<DatasetException>(
            () => Open(string.Concat(Good.AsSpan(0, position), wrong, Good.AsSpan(position + right.Length))));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("labels.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_and_missing_categories_are_in_one_error()
    {
        var error = Assert.Throws<DatasetException>(() => Open(Good
            .Replace("traffic light", "lamp", StringComparison.Ordinal).Replace("\"Car\"", "\"lorry\"", StringComparison.Ordinal)));
        Assert.Contains("'lamp', 'lorry'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Car', 'traffic light'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("annotations[", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_category_that_differs_in_case_or_separators_alone_is_taken_and_noted()
    {
        var dataset = Open(Good
            .Replace("traffic light", "Traffic_Light", StringComparison.Ordinal).Replace("\"Car\"", "\"car\"", StringComparison.Ordinal));
        Assert.Equal([Road.Car, Road.TrafficLight], dataset[0].Objects.Select(o => o.Class));
        Assert.Equal(
            [
                "'Traffic_Light' differs only in case or separators from class 'traffic light': taken for it.",
                "'car' differs only in case or separators from class 'Car': taken for it.",
            ],
            dataset.Report.Warnings);
    }

    [Fact]
    public void A_category_that_differs_in_case_from_two_classes_is_an_error_that_names_both()
    {
        var labels = folder.Write("cases.json", Good.Replace("traffic light", "WHEEL", StringComparison.Ordinal)
            .Replace("\"Car\"", "\"wheel\"", StringComparison.Ordinal));
        var error = Assert.Throws<DatasetException>(() => CocoDataset<Cases>.Open(labels, folder.Path));
        Assert.Contains("'WHEEL' differs only in case or separators from 'Wheel', 'wheel'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_categories_can_be_skipped_and_classes_left_without_objects()
    {
        var options = new DatasetOptions { SkipUnknownCategories = true, AllowMissingClasses = true };
        var dataset = Open(Good.Replace("\"Car\"", "\"lorry\"", StringComparison.Ordinal), options);
        Assert.Equal([Road.TrafficLight], dataset[0].Objects.Select(o => o.Class));
        Assert.Equal(
            ["1 objects of categories without a class skipped: 'lorry'.", "class 'Car' has no objects."], dataset.Report.Warnings);
    }

    [Fact]
    public void All_problems_are_listed_at_once()
    {
        var error = Assert.Throws<DatasetException>(() => Open(Good
            .Replace("[1, 2, 10, 20]", "[1, 2, -10, 20]", StringComparison.Ordinal)
            .Replace("\"category_id\": 10", "\"category_id\": 11", StringComparison.Ordinal)));
        Assert.Contains("2 problems", error.Message, StringComparison.Ordinal);
        Assert.Contains("annotations[0].bbox", error.Message, StringComparison.Ordinal);
        Assert.Contains("annotations[1].category_id", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_that_reaches_over_the_edge_by_rounding_is_cut_and_reported()
    {
        var dataset = Open(Good.Replace("[1, 2, 10, 20]", "[-0.5, 2, 10, 28.75]", StringComparison.Ordinal));
        Assert.Equal(new Box(0, 2, 9.5f, 30), dataset[0].Objects[0].Box);
        Assert.Equal(["annotations[0].bbox"], dataset.Report.BoxesCut);
        var cutAll = Open(
            Good.Replace("[1, 2, 10, 20]", "[-50, 2, 100, 20]", StringComparison.Ordinal),
            new() { EdgeTolerance = double.PositiveInfinity });
        Assert.Equal(new Box(0, 2, 40, 22), cutAll[0].Objects[0].Box);
    }

    [Fact]
    public void An_image_of_another_size_than_annotated_is_an_error_when_it_is_read()
    {
        var dataset = Open(Good.Replace("\"height\": 30", "\"height\": 32", StringComparison.Ordinal));
        var error = Assert.Throws<DatasetException>(() => dataset.LoadImage(0));
        Assert.Contains("expected 40×32 pixels", error.Message, StringComparison.Ordinal);
        Assert.Contains("a.png", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_annotation_file_is_named()
    {
        var error = Assert.Throws<DatasetException>(() => CocoDataset<Road>.Open(Path.Combine(folder.Path, "none.json"), folder.Path));
        Assert.Contains("none.json", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<DatasetException>(() => VocDataset<Road>.Open(Path.Combine(folder.Path, "none"), folder.Path));
        Assert.Contains("none: expected a folder", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<xmin>x</xmin>", "a.xml: object[0].bndbox.xmin: expected a number, found 'x'")]
    [InlineData("<xmin>NaN</xmin>", "a.xml: object[0].bndbox: expected finite numbers, found [NaN, 2, 11, 22]")]
    [InlineData("<xmin>12</xmin>", "a.xml: object[0].bndbox: expected a width and height of at least 0, found [12, 2, 11, 22]")]
    [InlineData("", "a.xml: object[0].bndbox.xmin: expected a number, found nothing")]
    [InlineData("<xmin>1", "a.xml: expected well-formed XML, found an error in line 2")]
    [InlineData("<xmin>1</xmin></bndbox><name>Lorry</name></object><object><name>Car</name><bndbox><xmin>1</xmin>", null)]
    public void A_wrong_voc_file_is_named_with_what_was_expected_and_found(string xmin, string? message)
    {
        var annotations = Path.Combine(folder.Path, "voc");
        folder.Write("voc/a.xml", string.Create(CultureInfo.InvariantCulture, $"""
            <annotation><filename>a.png</filename><size><width>40</width><height>30</height></size>
            <object><name>Car</name><bndbox>{xmin}<ymin>2</ymin><xmax>11</xmax><ymax>22</ymax></bndbox></object></annotation>
            """));
        var error = Assert.Throws<DatasetException>(() => VocDataset<Road>.Open(annotations, folder.Path));
        Assert.Contains(message ?? "object[0].bndbox.ymin", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_voc_name_that_is_no_class_is_an_error_and_a_missing_file_of_the_split_too()
    {
        const string File = """
            <annotation><size><width>40</width><height>30</height></size>
            <object><name>lorry</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>22</ymax></bndbox></object></annotation>
            """;
        folder.Write("voc/c.xml", File);
        var split = folder.Write("split.txt", "c\nb\n");
        var error = Assert.Throws<DatasetException>(() => VocDataset<Road>.Open(Path.Combine(folder.Path, "voc"), folder.Path, split));
        Assert.Contains("'lorry'", error.Message, StringComparison.Ordinal);
        Assert.Contains("b.xml: expected an annotation file", error.Message, StringComparison.Ordinal);
        Assert.Contains("c.jpg", error.Message, StringComparison.Ordinal);
    }

    private CocoDataset<Road> Open(string json, DatasetOptions? options = null) =>
        CocoDataset<Road>.Open(folder.Write("labels.json", json), folder.Path, options);
}
