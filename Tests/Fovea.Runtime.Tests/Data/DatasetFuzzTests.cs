using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Fovea.Tests.Data;

/// <summary>
/// Annotation files with random mistakes: bytes changed, cut out, doubled, replaced by what breaks readers. A reader takes them or throws a
/// <see cref="DatasetException"/>, within a second and bounded memory. <c>FOVEA_FUZZ</c> says how many; each is known by its number.
/// </summary>
public sealed class DatasetFuzzTests : IDisposable
{
    private const long MostBytes = 200L << 20;

    private static readonly byte[][] Poisons =
    [
        .. new[]
        {
            "\"", "{", "}", "[", "]", "<", ">", "&", "null", "true", "-1", "1e999", "NaN", "99999999999999999999", "0", "\\ud800", "\\", "\0", "../",
            "/dev/zero", "<![CDATA[", "<!DOCTYPE x>", "&#xD800;", "encoding=\"utf-7\"", "-", ".", ",", ":", "\"\"", "\\u0000",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xfe, 0xff], [0xef, 0xbb, 0xbf],
        Encoding.UTF8.GetBytes(new string('[', 200)), Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<a>", 200))),
    ];

    private readonly TempFolder folder = new();

    public static int Cases =>
        int.TryParse(Environment.GetEnvironmentVariable("FOVEA_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 300;

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_mutated_coco_file_is_read_or_refused()
    {
        var good = Encoding.UTF8.GetBytes("""
            {"images": [{"id": 7, "file_name": "a.png", "width": 40, "height": 30}, {"id": 8, "file_name": "b\u00fc.png", "width": 40, "height": 30}],
             "categories": [{"id": 10, "name": "traffic light"}, {"id": 20, "name": "Car"}],
             "annotations": [{"id": 1, "image_id": 7, "category_id": 20, "bbox": [1, 2, 10, 20], "iscrowd": 0, "area": 150.5},
                             {"id": 2, "image_id": 7, "category_id": 10, "segmentation": {"size": [30, 40], "counts": "n13k00fQ1"}, "iscrowd": 1},
                             {"id": 3, "image_id": 8, "category_id": 10, "segmentation": [[1, 2, 11, 2, 6, 22.25]]}]}
            """);
        Run(good, "labels.json", path => CocoDataset<Road>.Open(path, folder.Path));
    }

    [Fact]
    public void A_mutated_voc_file_is_read_or_refused()
    {
        var good = Encoding.UTF8.GetBytes("""
            <?xml version="1.0" encoding="utf-8"?>
            <annotation><folder>x</folder><filename>a.png</filename><size><width>40</width><height>30</height><depth>3</depth></size>
            <object><name>Car</name><difficult>0</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>22</ymax></bndbox></object>
            <object><name>traffic light</name><bndbox><xmin>1.5</xmin><ymin>2</ymin><xmax>11</xmax><ymax>22</ymax></bndbox></object></annotation>
            """);
        Run(good, "voc/a.xml", path => VocDataset<Road>.Open(Path.GetDirectoryName(path)!, folder.Path));
    }

    [Fact]
    public void A_mutated_csv_file_is_read_or_refused() => Run(
        Encoding.UTF8.GetBytes(
            "filename,xmin,ymin,xmax,ymax,class\na.png,1,2,11,22,Car\n\"a.png\",1,2,11,22,\"traffic light\"\nb.png,,,,,\n"),
        "labels.csv", path => CsvDataset<Road>.Open(path));

    [Fact]
    public void A_mutated_yolo_file_is_read_or_refused() => Run(
        Encoding.UTF8.GetBytes("1 0.15 0.4 0.25 0.66666667\n0 0.275 0.4 0.25 0.66666667\n1 0.1 0.1 0.5 0.1 0.5 0.5\n"),
        "a.txt", path => YoloDataset<Road>.Open(Path.GetDirectoryName(path)!, ["traffic light", "Car"]));

    [Fact]
    public void A_mutated_labelme_file_is_read_or_refused() => Run(
        Encoding.UTF8.GetBytes("""
            {"imagePath": "a.png", "imageWidth": 40, "imageHeight": 30, "shapes": [
             {"label": "Car", "points": [[11, 2], [1, 22]], "shape_type": "rectangle"},
             {"label": "traffic light", "points": [[6, 10], [16, 2], [12, 22]]}, {"label": "Car", "points": [[9, 9], [12, 9]], "shape_type": "circle"}]}
            """),
        "a.json", path => LabelMeDataset<Road>.Open(Path.GetDirectoryName(path)!));

    private void Run(byte[] good, string name, Func<string, DetectionDataset<Road>> open)
    {
        var path = folder.Write(name, "");
        foreach (var picture in new[] { "a.png", "bü.png", "b.png" })
        {
            ImageFile.Save(ImageFileTests.Gradient(40, 30), folder.File(picture));
        }

        File.WriteAllBytes(path, good);
        open(path);
        var (read, refused) = (0, 0);
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new SeededRandom((ulong)seed, 0x66757a7a);
            File.WriteAllBytes(path, Mutate(good, ref random));
            var (clock, before) = (Stopwatch.StartNew(), GC.GetAllocatedBytesForCurrentThread());
            try
            {
                open(path);
                read++;
            }
            catch (DatasetException e)
            {
                refused++;
                Assert.True(e.Message.Length < 20_000, $"case {seed}: a message of {e.Message.Length} characters");
            }
            catch (Exception e)
            {
                Assert.Fail($"case {seed}: {e.GetType().Name}: {e.Message}\n{e.StackTrace}");
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MostBytes, $"case {seed}: {allocated >> 20} MiB");

            // The promise is a second; a machine that does other things as well gets ten.
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"case {seed}: {clock.Elapsed}");
        }

        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused: these mutations try nothing");
    }

    private static byte[] Mutate(byte[] good, ref SeededRandom random)
    {
        var bytes = new List<byte>(good);
        for (var times = 1 + random.NextInt32(4); times > 0 && bytes.Count > 0; times--)
        {
            var at = random.NextInt32(bytes.Count);
            var length = Math.Min(1 + random.NextInt32(40), bytes.Count - at);
            switch (random.NextInt32(6))
            {
                case 0:
                    bytes[at] = (byte)random.NextInt32(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.InsertRange(at, Poisons[random.NextInt32(Poisons.Length)]);
                    break;
                case 4:
                    bytes.RemoveRange(at, length);
                    bytes.InsertRange(at, Poisons[random.NextInt32(Poisons.Length)]);
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.NextInt32(8));
                    break;
            }
        }

        return [.. bytes];
    }
}
