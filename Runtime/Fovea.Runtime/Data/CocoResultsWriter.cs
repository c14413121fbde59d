using System.Text.Encodings.Web;
using System.Text.Json;
using Fovea.Files;

namespace Fovea;

/// <summary>
/// Writes detections in COCO's results form, which pycocotools' <c>loadRes</c> reads: <c>[{"image_id", "category_id", "bbox": [x, y, w, h],
/// "score"}, …]</c>, each with <c>file_name</c> and <c>category_name</c> besides.
/// </summary>
/// <remarks>Source: cocodataset.org, "Results Format".</remarks>
public static class CocoResultsWriter
{
    /// <summary>Writes a file; what was there is replaced only when the new one is complete.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="pictures">In the order in which they are to be written. Categories have the class's channel + 1 as id, as
    /// <see cref="CocoWriter"/> writes them.</param>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <exception cref="IOException">It could not be written; the old file is whole.</exception>
    public static void Write<TClass>(IEnumerable<PictureDetections<TClass>> pictures, string path)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(pictures);
        AtomicFile.Write(path, file =>
        {
            // Names as they are, not as escapes.
            using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartArray();
            foreach (var picture in pictures)
            {
                foreach (var detection in picture.Detections)
                {
                    Write(json, picture, detection);
                }
            }

            json.WriteEndArray();
        });
    }

    /// <summary>
    /// The numbers of pictures: those that their names are, as COCO's own names are (<c>000000000139.jpg</c>), where all are numbers and
    /// differ; else 1, 2, ….
    /// </summary>
    /// <param name="names">The pictures' files.</param>
    public static IReadOnlyList<long> NumberImages(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var numbers = new long[names.Count];
        var seen = new HashSet<long>();
        for (var i = 0; i < numbers.Length; i++)
        {
            var stem = Path.GetFileNameWithoutExtension(names[i]);
            if (!stem.All(char.IsAsciiDigit)
                || !long.TryParse(stem, System.Globalization.CultureInfo.InvariantCulture, out numbers[i]) || !seen.Add(numbers[i]))
            {
                return [.. Enumerable.Range(1, numbers.Length).Select(n => (long)n)];
            }
        }

        return numbers;
    }

    private static void Write<TClass>(Utf8JsonWriter json, PictureDetections<TClass> picture, in Detection<TClass> found)
        where TClass : struct, Enum
    {
        var box = found.Box;
        json.WriteStartObject();
        json.WriteNumber("image_id", picture.Id);
        json.WriteString("file_name", picture.Name);
        json.WriteNumber("category_id", ClassMap<TClass>.Instance.ChannelOf(found.Class) + 1);
        json.WriteString("category_name", ClassMap<TClass>.Instance.NameOf(found.Class));
        json.WriteStartArray("bbox");

        // As doubles: x + width then gives back the same right edge, to the bit.
        json.WriteNumberValue((double)box.X1);
        json.WriteNumberValue((double)box.Y1);
        json.WriteNumberValue((double)box.X2 - box.X1);
        json.WriteNumberValue((double)box.Y2 - box.Y1);
        json.WriteEndArray();
        json.WriteNumber("score", found.Score);
        json.WriteEndObject();
    }
}
