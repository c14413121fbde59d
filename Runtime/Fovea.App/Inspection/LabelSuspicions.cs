using System.Globalization;

namespace Fovea.App.Inspection;

/// <summary>Labels that are often mistakes. None is an error: a person looks at the examples.</summary>
internal sealed class LabelSuspicions
{
    private const int Shown = 5;
    private readonly Dictionary<string, List<string>> found = [];

    /// <summary>Looks at one picture's labels.</summary>
    /// <param name="item">The picture.</param>
    /// <param name="place">Where it lies on the canvas.</param>
    /// <param name="nms">Of two boxes of a class with a greater overlap only one can be found.</param>
    public void Look<TClass>(DatasetItem<TClass> item, in ImagePlacement place, float nms)
        where TClass : struct, Enum
    {
        var objects = item.Objects.Where(o => !o.IsCrowd).ToArray();
        for (var i = 0; i < objects.Length; i++)
        {
            var (box, canvas) = (objects[i].Box, place.ToCanvas(objects[i].Box));
            if (Math.Min(canvas.Width, canvas.Height) < 2)
            {
                Add("under two pixels on the canvas", item, objects[i]);
            }

            if (box.Area > 0.95 * item.Width * item.Height)
            {
                Add("covers the whole picture", item, objects[i]);
            }

            if (Math.Max(box.Width, box.Height) > 20 * Math.Min(box.Width, box.Height))
            {
                Add("more than twenty times as long as wide", item, objects[i]);
            }

            for (var j = 0; j < i; j++)
            {
                var overlap = box.IoU(objects[j].Box);
                var same = objects[i].Class.Equals(objects[j].Class);
                if (overlap > 0.8)
                {
                    Add(same ? "labelled twice (overlap over 0.8)" : "labelled as two classes (overlap over 0.8)", item, objects[i]);
                }
                else if (same && overlap > nms)
                {
                    Add(
                        string.Create(CultureInfo.InvariantCulture, $"overlaps another of its class by more than suppression allows ({nms:0.##}): one of two is found"),
                        item, objects[i]);
                }
            }
        }
    }

    /// <summary>What the reader changed.</summary>
    public void Note(DatasetReport report)
    {
        AddAll("reached over the picture's edge and was cut", report.BoxesCut);
        AddAll("without area, skipped", report.BoxesWithoutArea);
        AddAll("names taken for others, or left out", report.Notes);
    }

    /// <summary>All of them, the most frequent first.</summary>
    public IReadOnlyList<Suspicion> ToList() =>
        [.. found.OrderByDescending(f => f.Value.Count).ThenBy(f => f.Key, StringComparer.Ordinal)
            .Select(f => new Suspicion(f.Key, f.Value.Count, [.. f.Value.Take(Shown)]))];

    private void Add<TClass>(string kind, DatasetItem<TClass> item, LabeledBox<TClass> label)
        where TClass : struct, Enum => AddAll(kind, [$"{Path.GetFileName(item.Name)}: {label.Class} {label.Box}"]);

    private void AddAll(string kind, IReadOnlyList<string> examples)
    {
        if (examples.Count > 0)
        {
            (found.TryGetValue(kind, out var list) ? list : found[kind] = []).AddRange(examples);
        }
    }
}
