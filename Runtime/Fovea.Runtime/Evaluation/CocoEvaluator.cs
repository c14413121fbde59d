using Fovea.Evaluation;

namespace Fovea;

/// <summary>
/// COCO's evaluation of boxes, number for number as pycocotools' COCOeval. Give it images, ground truth and detections, in any order, then
/// ask for the result.
/// Categories and images have ids of any value; equal scores keep the order in which detections were added.
/// </summary>
/// <remarks>
/// Source: cocodataset/cocoapi, PythonAPI/pycocotools/cocoeval.py. Crowds are ignored and take any number of detections; the annotations'
/// own "ignore" flag has no effect,
/// as there. One difference: there an annotation of id 0 counts as no match; here ids do not matter.
/// </remarks>
public sealed class CocoEvaluator
{
    private readonly SortedDictionary<long, string> categories = [];
    private readonly HashSet<long> images = [];
    private readonly List<CocoTruth> truths = [];
    private readonly List<CocoCandidate> detections = [];

    /// <summary>An evaluation over these categories; boxes of others are an error, since they would be left out in silence.</summary>
    /// <param name="categories">Ids and names.</param>
    public CocoEvaluator(IEnumerable<KeyValuePair<long, string>> categories)
    {
        ArgumentNullException.ThrowIfNull(categories);
        foreach (var (id, name) in categories)
        {
            this.categories[id] = name;
        }
    }

    /// <summary>Detections added so far.</summary>
    public int Detections => detections.Count;

    /// <summary>Images added so far.</summary>
    public int Images => images.Count;

    /// <summary>Adds an image; one without ground truth counts too, for its detections are wrong.</summary>
    public void AddImage(long image) => images.Add(image);

    /// <summary>Adds a ground truth box, and its image.</summary>
    /// <param name="image">Id of the image.</param>
    /// <param name="category">Id of the category.</param>
    /// <param name="box">The box.</param>
    /// <param name="area">Decides small, medium or large: the annotation's own area (of its mask), else the box's.</param>
    /// <param name="isCrowd">A region of many objects.</param>
    public void AddGroundTruth(long image, long category, CocoBox box, double? area = null, bool isCrowd = false)
    {
        Require(category, "ground truth box");
        images.Add(image);
        truths.Add(new CocoTruth(image, category, box, area ?? box.Area, isCrowd));
    }

    /// <summary>Adds a detection in an image that was added before.</summary>
    /// <exception cref="ArgumentException">The image or the category is unknown, or the score is no number.</exception>
    public void AddDetection(long image, long category, CocoBox box, double score)
    {
        Require(category, "detection");
        if (!images.Contains(image))
        {
            throw new ArgumentException($"A detection names image {image}, which is not evaluated: add the image first.", nameof(image));
        }

        if (double.IsNaN(score))
        {
            throw new ArgumentException($"A detection in image {image} has score NaN, expected a number.", nameof(score));
        }

        detections.Add(new CocoCandidate(image, category, box, score));
    }

    /// <summary>Evaluates what was added. Classes are evaluated in parallel; the result does not depend on it.</summary>
    public CocoResult Evaluate()
    {
        var ids = categories.Keys.ToArray();
        var boxes = new EvaluatedBoxes(
            ids, [.. categories.Values], Group(truths, t => t.Category, ids), Group(detections, d => d.Category, ids));
        var result = new CocoResult(boxes, images.Count);
        var classes = new ClassEvaluation[ids.Length];
        Parallel.For(0, ids.Length, k =>
        {
            var accumulator = new CocoClassAccumulator();
            EvaluateClass(accumulator, boxes.Truths[k], boxes.Detections[k]);
            var (scores, right) = accumulator.Accumulate(result, k);
            var (eleven, all) = VocEvaluation.Evaluate(boxes.Truths[k], boxes.Detections[k]);
            classes[k] = new ClassEvaluation(accumulator.Truths, scores, right, eleven, all);
        });
        result.Finish(classes);
        return result;
    }

    /// <summary>Splits by category, keeping the order within each.</summary>
    internal static List<TEntry>[] Group<TEntry>(List<TEntry> entries, Func<TEntry, long> categoryOf, long[] ids)
    {
        var position = new Dictionary<long, int>();
        var groups = new List<TEntry>[ids.Length];
        for (var k = 0; k < ids.Length; k++)
        {
            position[ids[k]] = k;
            groups[k] = [];
        }

        foreach (var entry in entries)
        {
            groups[position[categoryOf(entry)]].Add(entry);
        }

        return groups;
    }

    /// <summary>Walks the images that have ground truth or detections, in ascending order of ids; others contribute nothing.</summary>
    private static void EvaluateClass(CocoClassAccumulator accumulator, List<CocoTruth> classTruths, List<CocoCandidate> classDetections)
    {
        // OrderBy is stable: truths stay in file order; detections come best first, equal scores in the order of adding.
        var sortedTruths = classTruths.OrderBy(t => t.Image).ToArray().AsSpan();
        var sortedDetections = classDetections.OrderBy(d => d.Image).ThenByDescending(d => d.Score).ToArray().AsSpan();
        var greatest = CocoParameters.MaxDetections[^1];
        while (sortedTruths.Length > 0 || sortedDetections.Length > 0)
        {
            var image = Math.Min(
                sortedTruths.Length > 0 ? sortedTruths[0].Image : long.MaxValue,
                sortedDetections.Length > 0 ? sortedDetections[0].Image : long.MaxValue);
            var t = 0;
            while (t < sortedTruths.Length && sortedTruths[t].Image == image)
            {
                t++;
            }

            var d = 0;
            while (d < sortedDetections.Length && sortedDetections[d].Image == image)
            {
                d++;
            }

            accumulator.Add(sortedTruths[..t], sortedDetections[..Math.Min(d, greatest)]);
            sortedTruths = sortedTruths[t..];
            sortedDetections = sortedDetections[d..];
        }
    }

    private void Require(long category, string what)
    {
        if (!categories.ContainsKey(category))
        {
            throw new ArgumentException(
                $"A {what} has category {category}; expected one of {string.Join(", ", categories.Keys.Take(20))}.", nameof(category));
        }
    }
}
