using Fovea.Checkpoints;

namespace Fovea.Training;

/// <summary>
/// A step that diverged, as two files: the weights before it (<c>weights.safetensors</c>, a checkpoint as any other) and its batch as the
/// network saw it (<c>batch.safetensors</c>).
/// </summary>
internal static class DivergenceDump
{
    private const string Prefix = "fovea.divergence.";

    /// <summary>Writes both files; replaces those of an earlier step.</summary>
    public static void Write(string folder, Detector detector, TrainingSession session, string where, IReadOnlyList<string> images)
    {
        CheckpointWriter.Save(detector.Model, WeightsOf(folder));
        var (counts, boxes, classes) = (new long[session.Images], new List<float>(), new List<long>());
        for (var i = 0; i < session.Images; i++)
        {
            var (imageBoxes, imageClasses) = session.ReadTruth(i);
            counts[i] = imageClasses.Length;
            boxes.AddRange(imageBoxes);
            classes.AddRange(imageClasses.Select(c => (long)c));
        }

        var writer = new SafetensorsWriter();
        writer.AddMetadata(Prefix + "where", where);
        writer.AddMetadata(Prefix + "images", string.Join('\n', images));
        writer.Add("input", [session.Images, session.Height, session.Width, 3], session.ReadInput);
        writer.Add("boxes", [classes.Count, 4], () => [.. boxes]);
        writer.Add("classes", [classes.Count], [.. classes]);
        writer.Add("counts", [counts.Length], counts);
        CheckpointWriter.Write(BatchOf(folder), writer);
    }

    /// <summary>Brings the step's weights into a detector, and its batch into a new session.</summary>
    /// <exception cref="CheckpointException">A file is missing, damaged, or of another model.</exception>
    public static (TrainingSession Session, IReadOnlyList<string> Images) Open(string folder, Detector detector)
    {
        using var file = SafetensorsFile.Open(BatchOf(folder));
        if (file.Find("input").Shape is not [var images, var height, var width, 3])
        {
            throw new CheckpointException(file.Path, "input: expected the shape [N, H, W, 3].");
        }

        var (input, boxes) = (file.ReadSingles("input"), file.ReadSingles("boxes"));
        var (classes, counts) = (file.ReadIntegers("classes"), file.ReadIntegers("counts"));
        if (counts.Length != images || counts.Any(c => c < 0) || counts.Sum() != classes.Length || boxes.Length != classes.Length * 4)
        {
            throw new CheckpointException(file.Path, "counts, classes and boxes: expected as many of each image as counts says.");
        }

        detector.LoadWeights(WeightsOf(folder));
        var session = detector.CreateTrainingSession(images, height, width, (int)Math.Max(1, counts.Max()));
        session.SetInput(input);
        for (int i = 0, first = 0; i < images; i++)
        {
            var count = (int)counts[i];
            session.SetTruth(i, boxes.AsSpan(first * 4, count * 4), [.. classes.AsSpan(first, count).ToArray().Select(c => (int)c)]);
            first += count;
        }

        return (session, (file.Metadata.GetValueOrDefault(Prefix + "images") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Removes both files, and the folder where nothing else is in it.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            File.Delete(WeightsOf(folder));
            File.Delete(BatchOf(folder));
            if (!Directory.EnumerateFileSystemEntries(folder).Any())
            {
                Directory.Delete(folder);
            }
        }
    }

    private static string WeightsOf(string folder) => Path.Combine(folder, "weights.safetensors");

    private static string BatchOf(string folder) => Path.Combine(folder, "batch.safetensors");
}
