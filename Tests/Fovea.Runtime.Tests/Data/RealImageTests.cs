using System.Text.Json;

namespace Fovea.Tests.Data;

/// <summary>Every file of the real-images folder against its manifest, which was made with Pillow.</summary>
public class RealImageTests
{
    public static TheoryData<string> Files()
    {
        var data = new TheoryData<string>();
        var manifest = Path.Combine(TestData.Folder, "real-images", "manifest.json");
        if (!File.Exists(manifest))
        {
            data.Add("absent");
            return data;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(manifest));
        foreach (var file in document.RootElement.GetProperty("files").EnumerateArray())
        {
            data.Add(file.GetProperty("file").GetString()!);
        }

        return data;
    }

    [SkippableTheory, MemberData(nameof(Files))]
    public void A_picture_has_the_size_and_the_means_that_its_manifest_says(string file)
    {
        var entry = Entry(file);
        if (!entry.TryGetProperty("upright_size", out var size))
        {
            var error = Assert.Throws<InvalidImageException>(() => ImageFile.Decode(TestData.Require("real-images", file)));
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
            Assert.Contains("cut off", error.Message, StringComparison.Ordinal);
            return;
        }

        var path = TestData.Require("real-images", file);
        var image = ImageFile.Decode(path);
        Assert.Equal((size[0].GetInt32(), size[1].GetInt32()), (image.Width, image.Height));
        Assert.Equal((image.Width, image.Height), ImageFile.ReadSize(path));

        // PNG values are exact: the manifest's rounding (2 decimals, 1 for the cells) is what remains.
        var isPng = entry.GetProperty("format").GetString() == "PNG";
        CheckMean(file, "mean_rgb", entry.GetProperty("mean_rgb"), image, 0, 0, image.Width, image.Height, isPng ? 0.00501 : 1);
        if (!entry.TryGetProperty("mean_rgb_4x4", out var cells))
        {
            return;
        }

        for (var y = 0; y < 4; y++)
        {
            for (var x = 0; x < 4; x++)
            {
                CheckMean(
                    file, $"mean_rgb_4x4[{y}][{x}]", cells[y][x], image, image.Width * x / 4, image.Height * y / 4,
                    image.Width * (x + 1) / 4, image.Height * (y + 1) / 4, isPng ? 0.0501 : 1);
            }
        }
    }

    [SkippableFact]
    public void A_picture_made_from_another_one_differs_from_it_by_what_the_manifest_says()
    {
        var folder = TestData.Require("real-images");
        foreach (var row in (IEnumerable<object[]>)Files())
        {
            var file = (string)row[0];
            var entry = Entry(file);
            if (!entry.TryGetProperty("mean_abs_difference_from_source", out var expected))
            {
                continue;
            }

            // Upright, an image with an EXIF orientation is its source: a wrong turn would differ by tens.
            var image = ImageFile.Decode(Path.Combine(folder, file));
            var source = ImageFile.Decode(Path.Combine(folder, entry.GetProperty("made_from").GetString()!));
            if (entry.GetProperty("format").GetString() == "JPEG" && entry.GetProperty("components").GetInt32() == 1)
            {
                continue;
            }

            var difference = image.Pixels.Zip(source.Pixels, (a, b) => (double)Math.Abs(a - b)).Average();
            Assert.True(
                Math.Abs(difference - expected.GetDouble()) <= 0.2,
                $"{file}: expected a mean difference of {expected.GetDouble()}, actual {difference:0.000}, tolerance 0.2");
        }
    }

    private static JsonElement Entry(string file)
    {
        var manifest = TestData.Require("real-images", "manifest.json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(manifest));
        return document.RootElement.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("file").GetString() == file).Clone();
    }

    private static void CheckMean(
        string file, string what, JsonElement expected, RgbImage image, int x1, int y1, int x2, int y2, double tolerance)
    {
        // A picture of one pixel has empty cells; its manifest has none, but sizes are the file's, not ours.
        if (x1 == x2 || y1 == y2)
        {
            return;
        }

        for (var c = 0; c < 3; c++)
        {
            long sum = 0;
            for (var y = y1; y < y2; y++)
            {
                for (var x = x1; x < x2; x++)
                {
                    sum += image.Pixels[(((y * image.Width) + x) * 3) + c];
                }
            }

            var actual = sum / (double)((x2 - x1) * (y2 - y1));
            Assert.True(
                Math.Abs(actual - expected[c].GetDouble()) <= tolerance,
                $"{file} {what}[{c}]: expected {expected[c].GetDouble()}, actual {actual:0.000}, tolerance {tolerance}");
        }
    }
}
