namespace Fovea.Tests.App.Data;

public enum Road
{
    Car = 1,
    [ClassName("traffic light")]
    TrafficLight = 3,
}

/// <summary>Two pictures of 40×30, two objects in the first, none in the second; written in every form in which data sets come.</summary>
internal static class SmallSet
{
    public const string Coco = """
        {"images": [{"id": 7, "file_name": "a.png", "width": 40, "height": 30}, {"id": 8, "file_name": "b.png", "width": 40, "height": 30}],
         "categories": [{"id": 10, "name": "traffic light"}, {"id": 20, "name": "Car"}],
         "annotations": [{"id": 1, "image_id": 7, "category_id": 20, "bbox": [1, 2, 10, 20], "iscrowd": 0},
                         {"id": 2, "image_id": 7, "category_id": 10, "bbox": [6, 2, 10, 20]}]}
        """;

    // (1 + 11) / 2 / 40 = 0.15, (2 + 22) / 2 / 30 = 0.4, 10 / 40 = 0.25, 20 / 30 = 0.6667; the second box is 5 pixels further right.
    public const string Yolo = "1 0.15 0.4 0.25 0.66666667\n0 0.275 0.4 0.25 0.66666667\n";

    public const string Csv = "a.png,1,2,11,22,Car\na.png,6,2,16,22,traffic light\nb.png,,,,,\n";

    public const string LabelMe = """
        {"version": "5.0", "imagePath": "a.png", "imageWidth": 40, "imageHeight": 30, "imageData": null, "shapes": [
         {"label": "Car", "points": [[11, 2], [1, 22]], "shape_type": "rectangle"},
         {"label": "traffic light", "points": [[6, 10], [16, 2], [12, 22]], "shape_type": "polygon"}]}
        """;

    public static readonly Box[] Boxes = [new(1, 2, 11, 22), new(6, 2, 16, 22)];

    public static string Voc(string? name, bool objects) => $"""
        <annotation>{(name is null ? "" : $"<filename>{name}</filename>")}<size><width>40</width><height>30</height></size>
        {(objects ? Object("Car", 1) + Object("traffic light", 6) : "")}</annotation>
        """;

    public static void Pictures(TempFolder folder, string under, string extension = ".png")
    {
        foreach (var name in new[] { "a", "b" })
        {
            ImageFile.SavePng(new RgbImage(40, 30), folder.File(Path.Combine(under, name + extension)));
        }
    }

    private static string Object(string name, int x) =>
        $"<object><name>{name}</name><bndbox><xmin>{x}</xmin><ymin>2</ymin><xmax>{x + 10}</xmax><ymax>22</ymax></bndbox></object>";
}
