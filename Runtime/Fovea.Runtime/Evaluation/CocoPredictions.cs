using System.Text.Json;
using Fovea.Files;

namespace Fovea;

/// <summary>Writes what an evaluation found in COCO's results format, which pycocotools and other tools read.</summary>
/// <remarks>
/// Source: cocodataset.org, "Results format": a list of objects with image_id, category_id, bbox [x, y, width, height], score.
/// </remarks>
public static class CocoPredictions
{
    /// <summary>
    /// Writes all detections, image by image, best first. Image and category ids are those of a COCO file that the data
    /// set was read from; of other data sets images count from 1 and categories are the classes' channels + 1, as <see cref="CocoWriter"/>
    /// writes them. The file is replaced only when it is complete.
    /// </summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="path">The JSON file; its folder is made where it is missing.</param>
    /// <param name="result">Of the detector's evaluation, or of a <see cref="CocoEvaluator{TClass}"/>.</param>
    /// <param name="dataset">What was evaluated.</param>
    /// <exception cref="IOException">It could not be written; the old file is whole.</exception>
    public static void Save<TClass>(string path, CocoResult result, DetectionDataset<TClass> dataset)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(dataset);

        // Stable: equal scores keep the order of classes, then that of adding.
        var detections = result.Boxes.Detections.SelectMany(d => d).OrderBy(d => d.Image).ThenByDescending(d => d.Score);
        AtomicFile.Write(path, file =>
        {
            using var json = new Utf8JsonWriter(file);
            json.WriteStartArray();
            foreach (var d in detections)
            {
                json.WriteStartObject();
                json.WriteNumber("image_id", d.Image);
                json.WriteNumber("category_id", dataset.CategoryOf((int)d.Category));
                json.WriteStartArray("bbox");
                json.WriteNumberValue(d.Box.X);
                json.WriteNumberValue(d.Box.Y);
                json.WriteNumberValue(d.Box.Width);
                json.WriteNumberValue(d.Box.Height);
                json.WriteEndArray();
                json.WriteNumber("score", d.Score);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
