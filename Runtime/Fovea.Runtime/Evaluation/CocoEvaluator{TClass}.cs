using Fovea.Detection;

namespace Fovea;

/// <summary>COCO's evaluation for the classes of a detector; see <see cref="CocoEvaluator"/>.</summary>
/// <typeparam name="TClass">The class enum; members' values are category ids.</typeparam>
public sealed class CocoEvaluator<TClass>
    where TClass : struct, Enum
{
    private readonly CocoEvaluator evaluator =
        new(ClassMap<TClass>.Instance.Channels.Select(c => KeyValuePair.Create((long)c, ClassMap<TClass>.Instance.Names[c]!)));

    /// <summary>Images added so far.</summary>
    public int Images => evaluator.Images;

    /// <summary>Detections added so far.</summary>
    public int Detections => evaluator.Detections;

    /// <summary>Adds an image of a data set with its objects.</summary>
    public void Add(DatasetItem<TClass> item)
    {
        ArgumentNullException.ThrowIfNull(item);
        AddGroundTruth(item.Id, item.Objects.AsSpan());
    }

    /// <summary>Adds an image with its objects.</summary>
    public void AddGroundTruth(long image, ReadOnlySpan<LabeledBox<TClass>> objects)
    {
        evaluator.AddImage(image);
        foreach (var o in objects)
        {
            evaluator.AddGroundTruth(image, EnumChannel<TClass>.ToChannel(o.Class), CocoBox.From(o.Box), o.Area, o.IsCrowd);
        }
    }

    /// <summary>Adds what a detector found in an image that was added before, in pixels of the original image.</summary>
    public void AddDetections(long image, ReadOnlySpan<Detection<TClass>> found)
    {
        foreach (var d in found)
        {
            evaluator.AddDetection(image, EnumChannel<TClass>.ToChannel(d.Class), CocoBox.From(d.Box), d.Score);
        }
    }

    /// <summary>Evaluates what was added.</summary>
    public CocoResult Evaluate() => evaluator.Evaluate();
}
