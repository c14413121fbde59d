using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Fovea.Tests.Data;

/// <summary>Files that are none, texts that are none, paths that lead out, and messages that stay short: always one clear error.</summary>
public sealed class HostileDatasetTests : IDisposable
{
    private const string Voc = """
        <annotation><filename>a.png</filename><size><width>40</width><height>30</height></size>
        <object><name>Car</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>22</ymax></bndbox></object></annotation>
        """;

    private readonly TempFolder folder = new();

    public HostileDatasetTests() => ImageFile.Save(ImageFileTests.Gradient(40, 30), folder.File("a.png"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_image_without_width_is_one_problem_and_what_belongs_to_it_is_none()
    {
        var boxes = Enumerable.Range(1, 123).Select(i => $$"""{"id": {{i}}, "image_id": 7, "category_id": 20, "bbox": [1, 2, 10, 20]}""");
        var json = Json("""{"id": 7, "file_name": "a.png", "height": 30}""", string.Join(',', boxes));
        var error = Fails(json);
        Assert.Equal($"{folder.File("labels.json")}: images[0].width: expected an integer, found nothing.", error.Message);
    }

    [Fact]
    public void All_causes_are_told_at_once_and_none_of_their_consequences()
    {
        // Causes: no width and no file name, a category without a name, a box that is none. The other annotations are right.
        var error = Fails("""
            {"images": [{"id": 1, "height": 30}, {"id": 2, "file_name": "a.png", "width": 40, "height": 30}],
             "categories": [{"id": 10}, {"id": 20, "name": "Car"}, {"id": 30, "name": "traffic light"}],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 10, "bbox": [1, 2, 3, 4]},
                             {"id": 2, "image_id": 2, "category_id": 10, "bbox": [1, 2, 3, 4]},
                             {"id": 3, "image_id": 2, "category_id": 20, "bbox": [1, 2, -3, 4]}]}
            """);
        Assert.Contains("4 problems.", error.Message, StringComparison.Ordinal);
        foreach (var cause in new[] { "categories[0].name", "images[0].file_name", "images[0].width", "annotations[2].bbox" })
        {
            Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Missing_sections_are_told_together()
    {
        var error = Fails("""{"annotations": []}""");
        Assert.Contains("categories: expected an array", error.Message, StringComparison.Ordinal);
        Assert.Contains("images: expected an array", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_problems_of_one_kind_do_not_hide_one_of_another()
    {
        var boxes = Enumerable.Range(1, 1000).Select(i => $$"""{"id": {{i}}, "image_id": 7, "category_id": 20, "bbox": [1, 2, -10, {{i}}]}""");
        var error = Fails(Json(Good, string.Join(',', boxes) + """, {"id": 0, "image_id": 99, "category_id": 20, "bbox": [1, 2, 3, 4]}"""));
        Assert.Contains("1001 problems", error.Message, StringComparison.Ordinal);
        Assert.Contains("… and 997 more of this kind", error.Message, StringComparison.Ordinal);
        Assert.Contains("annotations[1000].image_id", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 2000);
    }

    [Fact]
    public void A_million_unknown_categories_make_a_short_message()
    {
        var text = new StringBuilder("""{"images": [{"id": 7, "file_name": "a.png", "width": 40, "height": 30}], "categories": [""");
        text.AppendJoin(',', Enumerable.Range(1, 1_000_000).Select(i => $$"""{"id":{{i}},"name":"unknown {{i}}"}"""));
        text.Append("""], "annotations": [""");
        text.AppendJoin(',', Enumerable.Range(1, 1000).Select(i => $$"""{"id":{{i}},"image_id":7,"category_id":{{i}},"bbox":[1,2,3,4]}"""));
        var error = Fails(text.Append("]}").ToString());
        Assert.Contains("… and 990 more", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 3000, $"{error.Message.Length} characters");
    }

    [Fact]
    public void Long_names_and_control_characters_do_not_reach_the_message()
    {
        var error = Fails(Json(Good, "", $$"""{"id": 10, "name": "{{new string('x', 100_000)}}\u0007"}""")
            .Replace("\"annotations\": [", "\"annotations\": [{\"id\": 1, \"image_id\": 7, \"category_id\": 10, \"bbox\": [1, 2, 3, 4]}", StringComparison.Ordinal));
        Assert.True(error.Message.Length < 1000, $"{error.Message.Length} characters");
        Assert.DoesNotContain('\u0007', error.Message);
    }

    [Theory]
    [InlineData("\"name\": \"Car\"", "\"name\": \"\\ud800\"", "half a surrogate pair in line")]
    [InlineData("\"name\": \"Car\"", "\"na\\udc00me\": \"Car\"", "half a surrogate pair in line")]
    [InlineData("\"file_name\"", "\"\\uD800\": 1, \"file_name\"", "half a surrogate pair in line 1")]
    [InlineData("\"file_name\": \"a.png\"", "\"file_name\": \"a\\u0000.png\"", "1 are not there")]
    public void Escapes_that_are_no_characters_are_named(string right, string wrong, string message) =>
        Assert.Contains(message, Fails(Json(Good, "").Replace(right, wrong, StringComparison.Ordinal)).Message, StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_utf8_are_named_by_line()
    {
        var bytes = Encoding.UTF8.GetBytes(Json(Good, ""));
        bytes[Array.IndexOf(bytes, (byte)'C')] = 0xff;
        File.WriteAllBytes(folder.File("labels.json"), bytes);
        var error = Assert.Throws<DatasetException>(() => CocoDataset<Road>.Open(folder.File("labels.json"), folder.Path));
        Assert.Contains("expected JSON in UTF-8, found other bytes in line 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_no_mistake()
    {
        File.WriteAllText(folder.File("labels.json"), Json(Good, ""), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal(1, CocoDataset<Road>.Open(folder.File("labels.json"), folder.Path).Count);
    }

    [Fact]
    public void A_hundred_thousand_nested_elements_are_refused_at_once()
    {
        var clock = Stopwatch.StartNew();
        folder.Write("voc/a.xml", string.Concat(Enumerable.Repeat("<a>", 100_000)) + string.Concat(Enumerable.Repeat("</a>", 100_000)));
        var error = Assert.Throws<DatasetException>(() => VocDataset<Road>.Open(folder.File("voc"), folder.Path));
        Assert.Contains("a.xml: expected elements at most 32 deep", error.Message, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), clock.Elapsed.ToString());
    }

    [SkippableTheory]
    [InlineData("labels.json")]
    [InlineData("voc/a.xml")]
    [InlineData("split.txt")]
    public void A_pipe_in_place_of_a_file_is_an_error_and_no_wait(string name)
    {
        folder.Write("labels.json", Json(Good, ""));
        folder.Write("voc/a.xml", Voc);
        folder.Write("split.txt", "a\n");
        MakePipe(name);
        Assert.Throws<DatasetException>(() => name == "labels.json"
            ? (DetectionDataset<Road>)CocoDataset<Road>.Open(folder.File("labels.json"), folder.Path)
            : VocDataset<Road>.Open(folder.File("voc"), folder.Path, folder.File("split.txt")));
    }

    [SkippableTheory]
    [InlineData("pipe", "found an empty file, or none that holds data")]
    [InlineData("folder", "found a folder of this name")]
    [InlineData("gone", "found no file of this name")]
    [InlineData("empty", "found an empty file")]
    public void A_picture_that_is_lost_in_the_middle_of_an_epoch_is_named(string what, string message)
    {
        var dataset = CocoDataset<Road>.Open(folder.Write("labels.json", Json(Good, "")), folder.Path);
        if (what == "pipe")
        {
            MakePipe("a.png");
        }
        else
        {
            File.Delete(folder.File("a.png"));
            if (what == "folder")
            {
                Directory.CreateDirectory(folder.File("a.png"));
            }
            else if (what == "empty")
            {
                File.WriteAllText(folder.File("a.png"), "");
            }
        }

        var error = Assert.Throws<DatasetException>(() => dataset.LoadImage(0));
        Assert.Contains("a.png: expected a picture", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_file_without_permission_is_named()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.UserName == "root", "Needs a user whom permissions bind.");
        var path = folder.Write("labels.json", Json(Good, ""));
#pragma warning disable CA1416 // Skipped above where there are no modes.
        File.SetUnixFileMode(path, UnixFileMode.None);
#pragma warning restore CA1416
        Assert.Contains("cannot be read", Assert.Throws<DatasetException>(() => CocoDataset<Road>.Open(path, folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/etc/hostname.png")]
    [InlineData("../a.png")]
    [InlineData("x/../../a.png")]
    [InlineData("C:\\\\pictures\\\\a.png")]
    [InlineData("..\\\\a.png")]
    public void Names_that_lead_out_of_the_folder_are_refused(string name)
    {
        var error = Fails(Json(Good.Replace("a.png", name, StringComparison.Ordinal), ""));
        Assert.Contains("1 lead out of it", error.Message, StringComparison.Ordinal);
        Assert.Contains("--allow-outside", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_lead_out_of_the_folder_are_followed_where_that_is_allowed()
    {
        Directory.CreateDirectory(folder.File("images"));
        foreach (var name in new[] { "../a.png", folder.File("a.png") })
        {
            var labels = folder.Write("labels.json", Json(Good.Replace("a.png", name, StringComparison.Ordinal), ""));
            var dataset = CocoDataset<Road>.Open(labels, folder.File("images"), new DatasetOptions { AllowOutsidePaths = true });
            Assert.Equal(40, dataset.LoadImage(0).Width);
        }
    }

    [SkippableTheory]
    [InlineData("A.PNG", "'A.PNG' is 'a.png'")]
    [InlineData("sub\\\\b.png", "'sub\\b.png' is 'sub/b.png'")]
    [InlineData("Sub/B.png", "'Sub/B.png' is 'sub/b.png'")]
    public void A_name_that_differs_in_case_or_slashes_alone_is_taken_and_noted(string name, string note)
    {
        Skip.If(File.Exists(folder.File("A.PNG")), "This file system does not tell upper and lower case apart.");
        ImageFile.Save(ImageFileTests.Gradient(40, 30), folder.File("sub/b.png"));
        var dataset = CocoDataset<Road>.Open(
            folder.Write("labels.json", Json(Good.Replace("a.png", name, StringComparison.Ordinal), "")), folder.Path);
        Assert.Contains(note, dataset.Report.Warnings.First(), StringComparison.Ordinal);
        Assert.Equal(40, dataset.LoadImage(0).Width);
    }

    [SkippableFact]
    public void A_name_that_differs_in_case_from_two_files_is_not_chosen_from()
    {
        Skip.If(File.Exists(folder.File("A.PNG")), "This file system does not tell upper and lower case apart.");
        ImageFile.Save(ImageFileTests.Gradient(40, 30), folder.File("A.png"));
        var error = Fails(Json(Good.Replace("a.png", "A.PNG", StringComparison.Ordinal), ""));
        Assert.Contains("1 names differ only in case from more than one file: 'A.PNG'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[1.5, 2, 11, 2, 6, 22.25]]", 1.5f, 2, 11, 22.25f)]
    [InlineData("[[1, 2, 3, 2, 3, 4], [10, 10, 12, 10, 12, 20]]", 1, 2, 12, 20)]
    [InlineData("{\"size\": [30, 40], \"counts\": [62, 3, 27, 3, 1105]}", 2, 2, 4, 5)]
    [InlineData("{\"size\": [30, 40], \"counts\": [88, 4, 1108]}", 2, 0, 4, 30)]
    [InlineData("{\"size\": [30, 40], \"counts\": \"51m0000aR1\"}", 0, 5, 3, 6)]
    [InlineData("{\"size\": [30, 40], \"counts\": \"n13k000OiP1\"}", 2, 2, 5, 5)]
    [InlineData("{\"size\": [30, 40], \"counts\": \"n13k00fQ1\"}", 2, 2, 4, 5)]
    public void An_annotation_with_a_mask_alone_has_the_box_around_it(string mask, float x1, float y1, float x2, float y2)
    {
        var annotation = $$"""{"id": 1, "image_id": 7, "category_id": 20, "iscrowd": 1, "segmentation": {{mask}}}""";
        var dataset = CocoDataset<Road>.Open(folder.Write("labels.json", Json(Good, annotation)), folder.Path);
        var found = Assert.Single(dataset[0].Objects);
        Assert.Equal(new Box(x1, y1, x2, y2), found.Box);
        Assert.True(found.IsCrowd);
        Assert.Equal((0, 1), (dataset.Report.Objects, dataset.Report.Crowds));
    }

    [Theory]
    [InlineData("{\"size\": [30, 40], \"counts\": [62, 3, 2700]}")]
    [InlineData("{\"size\": [30, 40], \"counts\": [-1, 3]}")]
    [InlineData("{\"size\": [30, 40], \"counts\": \"zzzz~\"}")]
    [InlineData("{\"size\": [99999999999, 1], \"counts\": [1]}")]
    [InlineData("[[1, 2, 3]]")]
    [InlineData("[]")]
    public void A_mask_that_is_none_is_an_annotation_without_a_box(string mask)
    {
        var error = Fails(Json(Good, $$"""{"id": 1, "image_id": 7, "category_id": 20, "segmentation": {{mask}}}"""));
        Assert.Contains("annotations[0].bbox: expected four numbers", error.Message, StringComparison.Ordinal);
    }

    private const string Good = """{"id": 7, "file_name": "a.png", "width": 40, "height": 30}""";

    private static string Json(string image, string annotations, string more = "") => string.Create(CultureInfo.InvariantCulture, $$"""
        {"images": [{{image}}],
         "categories": [{"id": 20, "name": "Car"}, {"id": 30, "name": "traffic light"}{{(more.Length > 0 ? ", " + more : "")}}],
         "annotations": [{{annotations}}]}
        """);

    private DatasetException Fails(string json) =>
        Assert.Throws<DatasetException>(() => CocoDataset<Road>.Open(folder.Write("labels.json", json), folder.Path));

    private void MakePipe(string name)
    {
        Skip.If(OperatingSystem.IsWindows(), "Named pipes are no files there.");
        File.Delete(folder.File(name));
        using var process = Process.Start("mkfifo", folder.File(name));
        process.WaitForExit();
    }
}
