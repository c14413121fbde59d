using Fovea.Checkpoints;
using Fovea.Detection;
using Fovea.Model;

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
    /// <exception cref="CheckpointException">
    /// A file is missing, damaged, or of another model; the detector has its own weights then, and there is no session.
    /// </exception>
    public static (TrainingSession Session, IReadOnlyList<string> Images) Open(string folder, Detector detector)
    {
        using var file = SafetensorsFile.Open(BatchOf(folder));
        var truth = ReadTruth(file, detector.Description);
        var session = CreateSession(file, detector, [.. truth.Select(t => t.Channels.Length)]);
        try
        {
            session.SetInput(file.ReadSingles("input"));
            for (var i = 0; i < truth.Length; i++)
            {
                session.SetTruth(i, truth[i].Boxes, truth[i].Channels);
            }

            // Last: a batch that does not fit must not cost the detector its weights.
            detector.LoadWeights(WeightsOf(folder));
        }
        catch
        {
            session.Dispose();
            throw;
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

    /// <summary>Of each image [boxes, 4] and [boxes] channels.</summary>
    private static (float[] Boxes, int[] Channels)[] ReadTruth(SafetensorsFile file, ModelDescription model)
    {
        var (boxes, classes, counts) = (file.ReadSingles("boxes"), file.ReadIntegers("classes"), file.ReadIntegers("counts"));
        var shape = file.Find("boxes").Shape;
        if (shape is not [var rows, 4] || rows != classes.Length)
        {
            throw new CheckpointException(
                file.Path, $"boxes: expected the shape [{classes.Length}, 4], as there are classes, found [{string.Join(", ", shape)}].");
        }

        if (Array.FindIndex(classes, c => c < Matcher.Region || c >= model.ClassNames.Length) is >= 0 and var wrong)
        {
            throw new CheckpointException(
                file.Path,
                $"classes[{wrong}]: expected a channel from 0 to {model.ClassNames.Length - 1}, found {classes[wrong]} (−1: a crowd region).");
        }

        var (truth, first) = (new (float[], int[])[counts.Length], 0);
        for (var i = 0; i < truth.Length; i++)
        {
            if (counts[i] < 0 || counts[i] > classes.Length - first)
            {
                throw new CheckpointException(
                    file.Path, $"counts[{i}]: expected 0 to {classes.Length - first}, as there are classes left, found {counts[i]}.");
            }

            var count = (int)counts[i];
            truth[i] = (boxes[(first * 4)..((first + count) * 4)], [.. classes.AsSpan(first, count).ToArray().Select(c => (int)c)]);
            first += count;
        }

        return first == classes.Length
            ? truth
            : throw new CheckpointException(file.Path, $"counts: expected {classes.Length} in all, as there are classes, found {first}.");
    }

    /// <summary>A session of the batch's measures.</summary>
    private static TrainingSession CreateSession(SafetensorsFile file, Detector detector, int[] counts)
    {
        var shape = file.Find("input").Shape;
        if (shape is not [var images, var height, var width, 3] || images != counts.Length)
        {
            throw new CheckpointException(
                file.Path,
                $"input: expected the shape [{counts.Length}, H, W, 3], as there are counts, found [{string.Join(", ", shape)}].");
        }

        var boxes = Math.Max(1, counts.DefaultIfEmpty().Max());
        try
        {
            CanvasCheck.Validate(detector.Description, images, height, width, boxes);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(
                file.Path, $"input: expected a batch that the model can train on, found [{string.Join(", ", shape)}]: {e.Message}", e);
        }

        return detector.CreateTrainingSession(images, height, width, boxes);
    }

    private static string WeightsOf(string folder) => Path.Combine(folder, "weights.safetensors");

    private static string BatchOf(string folder) => Path.Combine(folder, "batch.safetensors");
}
