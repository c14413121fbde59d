using System.Text;

namespace Fovea;

/// <summary>What a data set holds and what its reader left out or changed.</summary>
public sealed record DatasetReport
{
    /// <summary>Images, those without objects included.</summary>
    public required int Images { get; init; }

    /// <summary>Images in which nothing is marked. They are trained on: all of them is background.</summary>
    public required int ImagesWithoutObjects { get; init; }

    /// <summary>Objects that training uses: with area, no crowd.</summary>
    public required int Objects { get; init; }

    /// <summary>Crowd regions: ignored in evaluation and in training.</summary>
    public required int Crowds { get; init; }

    /// <summary>Objects by class name, in the order of the channels.</summary>
    public required IReadOnlyList<(string Class, int Objects)> ObjectsPerClass { get; init; }

    /// <summary>The greatest number of objects in one image.</summary>
    public required int MaxObjects { get; init; }

    /// <summary>The greatest number of objects and crowd regions in one image; at least <see cref="MaxObjects"/>.</summary>
    public int MaxBoxes
    {
        get => Math.Max(field, MaxObjects);
        init;
    }

    /// <summary>Boxes without area, which were skipped: where they stand.</summary>
    public IReadOnlyList<string> BoxesWithoutArea { get; init; } = [];

    /// <summary>Boxes that reached over the image's edge and were cut at it: where they stand.</summary>
    public IReadOnlyList<string> BoxesCut { get; init; } = [];

    /// <summary>What the reader took for something else, or left out: names that differ in case, categories without objects. One line
    /// each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What a person should know, one line each; empty where all is well.</summary>
    public IEnumerable<string> Warnings
    {
        get
        {
            foreach (var note in Notes)
            {
                yield return note;
            }

            if (BoxesWithoutArea.Count > 0)
            {
                yield return $"{BoxesWithoutArea.Count} boxes without area skipped: {Examples(BoxesWithoutArea)}.";
            }

            if (BoxesCut.Count > 0)
            {
                yield return $"{BoxesCut.Count} boxes cut at the image's edge: {Examples(BoxesCut)}.";
            }

            foreach (var (name, objects) in ObjectsPerClass)
            {
                if (objects == 0)
                {
                    yield return $"class '{name}' has no objects.";
                }
            }
        }
    }

    /// <summary>Counts a data set's items.</summary>
    public static DatasetReport Of<TClass>(DetectionDataset<TClass> dataset)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var classes = dataset.Classes;
        var perChannel = new int[classes.Count];
        int empty = 0, objects = 0, crowds = 0, max = 0, maxBoxes = 0;
        for (var i = 0; i < dataset.Count; i++)
        {
            var here = 0;
            foreach (var o in dataset[i].Objects)
            {
                if (o.IsCrowd)
                {
                    crowds++;
                    continue;
                }

                here++;
                perChannel[classes.ChannelOf(o.Class)]++;
            }

            objects += here;
            max = Math.Max(max, here);
            maxBoxes = Math.Max(maxBoxes, dataset[i].Objects.Length);
            empty += here == 0 ? 1 : 0;
        }

        return new DatasetReport
        {
            Images = dataset.Count,
            ImagesWithoutObjects = empty,
            Objects = objects,
            Crowds = crowds,
            ObjectsPerClass = [.. classes.Channels.Select(c => (classes.Names[c]!, perChannel[c]))],
            MaxObjects = max,
            MaxBoxes = maxBoxes,
        };
    }

    /// <inheritdoc />
    public override string ToString()
    {
        var text = new StringBuilder($"{Images} images ({ImagesWithoutObjects} without objects), {Objects} objects: ");
        text.AppendJoin(", ", ObjectsPerClass.Select(c => $"{c.Class} {c.Objects}"));
        if (Crowds > 0)
        {
            text.Append($"; {Crowds} crowd regions");
        }

        foreach (var warning in Warnings)
        {
            text.Append("\n  ").Append(warning);
        }

        return text.ToString();
    }

    private static string Examples(IReadOnlyList<string> all) =>
        string.Join(", ", all.Take(5)) + (all.Count > 5 ? $", … and {all.Count - 5} more" : "");
}
