using System.Text.Json;
using Fovea.CompilerServices;
using Fovea.Imaging;

namespace Fovea.Tests.Goldens;

/// <summary>torchvision's GeneralizedRCNNTransform: resized sizes, resized and normalised pixels, padding, boxes there and back.</summary>
[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public class TransformGoldenTests
{
    private const double PixelTolerance = 2e-5;

    [SkippableTheory, GoldenData(GoldenKinds.Transform)]
    public void Images_and_boxes_become_what_torchvision_makes_of_them(GoldenEntry entry)
    {
        var tensors = entry.Require().Tensors();
        var checkedTensors = new HashSet<string>(StringComparer.Ordinal);
        if (tensors.TryGetValue("table", out var table))
        {
            CheckSizes(entry, table);
            checkedTensors.Add("table");
        }

        if (entry.Params.TryGetProperty("cases", out var cases))
        {
            foreach (var c in cases.EnumerateArray())
            {
                CheckCase(entry, c, tensors, checkedTensors);
            }
        }

        var missed = tensors.Keys.Where(k => !checkedTensors.Contains(k)).ToArray();
        Assert.True(missed.Length == 0, $"{entry.Id}: tensors that nothing compared: {string.Join(", ", missed)}.");
    }

    /// <summary>Rows: min_size, max_size, in_h, in_w, out_h, out_w, flag.</summary>
    private static void CheckSizes(GoldenEntry entry, GoldenTensor table)
    {
        var rows = table.Shape[0];
        var (expected, actual) = (new int[rows * 2], new int[rows * 2]);
        var differ = 0;
        for (var i = 0; i < rows; i++)
        {
            var row = table.I32.AsSpan(i * table.Shape[1], table.Shape[1]);
            var (w, h) = CanvasFitter.ResizedSize(row[3], row[2], new ResizeInfo(row[0], row[1], ResizeRule.TorchVision014));
            (expected[i * 2], expected[(i * 2) + 1], actual[i * 2], actual[(i * 2) + 1]) = (row[4], row[5], h, w);

            // The flag says where another arithmetic gives another size: the second rule must be another one.
            var (w2, h2) = CanvasFitter.ResizedSize(row[3], row[2], new ResizeInfo(row[0], row[1], ResizeRule.TorchVision));
            differ += (w2, h2) != (row[5], row[4]) ? 1 : 0;
        }

        GoldenAssert.Exact<int>(entry, "table", expected, actual);
        Assert.True(differ > 0, $"{entry.Id}: the two resize rules agree on all {rows} rows.");
    }

    private static void CheckCase(GoldenEntry entry, JsonElement c, Dictionary<string, GoldenTensor> tensors, HashSet<string> done)
    {
        var name = c.GetProperty("name").GetString()!;
        var resize = new ResizeInfo(
            (int)c.GetProperty("min_size").GetDouble(), (int)c.GetProperty("max_size").GetDouble(), ResizeRule.TorchVision014);
        var normalization = new PixelNormalization(Floats("image_mean"), Floats("image_std"), false, 1);
        var fitter = new CanvasFitter(normalization, [], resize, c.GetProperty("size_divisible").GetInt32());
        var sizes = c.GetProperty("in_sizes_hw").EnumerateArray().Select(s => (H: s[0].GetInt32(), W: s[1].GetInt32())).ToArray();
        var placements = sizes.Select(s => fitter.Place(s.W, s.H)).ToArray();
        var canvas = fitter.CanvasFor(placements);
        var batch = Take($"{name}.batch");
        Assert.Equal(new[] { sizes.Length, 3, canvas.Height, canvas.Width }, batch.Shape);

        var actual = new float[batch.Length];
        var per = canvas.Height * canvas.Width * 3;
        for (var i = 0; i < sizes.Length; i++)
        {
            var input = Take($"{name}.in.{i}");
            CheckImage(i, input, Take($"{name}.norm_resized.{i}"), normalization, actual.AsSpan(i * per, per));
            CheckImage(i, input, Take($"{name}.resized_only.{i}"), new PixelNormalization([0, 0, 0], [1, 1, 1], false, 1), []);
            CheckBoxes($"{name}.boxes_in.{i}", $"{name}.boxes_out.{i}", placements[i].ToCanvas);
            CheckBoxes($"{name}.post_in.{i}", $"{name}.post_out.{i}", placements[i].ToImage);
        }

        GoldenAssert.Close(entry, $"{name}.batch", batch.F32, actual, PixelTolerance);

        float[] Floats(string key) => [.. entry.Params.GetProperty(key).EnumerateArray().Select(v => v.GetSingle())];

        GoldenTensor Take(string tensor)
        {
            done.Add(tensor);
            return tensors[tensor];
        }

        // Writes the image alone on a canvas of its own size, compares, and adds it to the batch [N, 3, H, W].
        void CheckImage(int i, GoldenTensor input, GoldenTensor expected, PixelNormalization pixels, Span<float> image)
        {
            var place = placements[i];
            Assert.Equal(new[] { 3, place.Height, place.Width }, expected.Shape);
            var source = ToInterleaved(input.F32, input.Shape[1], input.Shape[2]);
            var alone = new float[place.Height * place.Width * 3];
            new CanvasWriter(pixels).Write(source, place, new CanvasSize(place.Width, place.Height), alone);
            GoldenAssert.Close(entry, expected.Name, expected.F32, ToPlanes(alone, place.Height, place.Width), PixelTolerance);
            if (image.Length > 0)
            {
                var padded = new float[per];
                padded.AsSpan().Fill(float.NaN);
                new CanvasWriter(pixels).Write(source, place, canvas, padded);
                ToPlanes(padded, canvas.Height, canvas.Width).CopyTo(image);
            }
        }

        void CheckBoxes(string from, string to, Func<Box, Box> map)
        {
            var boxes = Take(from).F32;
            var mapped = new float[boxes.Length];
            for (var b = 0; b < boxes.Length; b += 4)
            {
                var box = map(new Box(boxes[b], boxes[b + 1], boxes[b + 2], boxes[b + 3]));
                (mapped[b], mapped[b + 1], mapped[b + 2], mapped[b + 3]) = (box.X1, box.Y1, box.X2, box.Y2);
            }

            GoldenAssert.Exact<float>(entry, to, Take(to).F32, mapped);
            GoldenReport.Checked(entry, from);
        }
    }

    private static float[] ToInterleaved(float[] planes, int h, int w)
    {
        var result = new float[planes.Length];
        for (var i = 0; i < h * w; i++)
        {
            (result[i * 3], result[(i * 3) + 1], result[(i * 3) + 2]) = (planes[i], planes[i + (h * w)], planes[i + (2 * h * w)]);
        }

        return result;
    }

    private static float[] ToPlanes(float[] interleaved, int h, int w)
    {
        var result = new float[interleaved.Length];
        for (var i = 0; i < h * w; i++)
        {
            for (var c = 0; c < 3; c++)
            {
                result[i + (c * h * w)] = interleaved[(i * 3) + c];
            }
        }

        return result;
    }
}
