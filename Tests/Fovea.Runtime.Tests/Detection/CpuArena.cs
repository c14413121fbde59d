using System.Runtime.InteropServices;
using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Model;
using Fovea.Ops;
using Fovea.Tensors;

namespace Fovea.Tests.Detection;

/// <summary>A rig in which the operands of detection's operators are placed one after the other.</summary>
internal sealed class CpuArena : CpuRig
{
    public CpuArena(int workers = 2, int length = 1 << 22, int statistics = 1)
        : base(workers, length, statistics: statistics)
    {
        // As in a model that has not been trained: the running normaliser begins at 0.
        Model.Statistics.Span.Clear();
    }

    public long Place(ReadOnlySpan<float> values)
    {
        var offset = Allocate(values.Length);
        Backend.Write(offset, values);
        return offset;
    }

    public long Place(ReadOnlySpan<int> values)
    {
        var offset = Allocate(values.Length);
        Backend.Write(offset, values);
        return offset;
    }

    public long Place(ReadOnlySpan<Box> values) => Place(MemoryMarshal.Cast<Box, float>(values));

    /// <summary>A map [N, 1, rows, channels] with values.</summary>
    public FeatureMap Map(ReadOnlySpan<float> values, int images, int rows, int channels) => new(Place(values), images, 1, rows, channels);

    /// <summary>A map [N, 1, rows, channels] for results.</summary>
    public FeatureMap Map(int images, int rows, int channels) => new(Allocate((long)images * rows * channels), images, 1, rows, channels);

    public AnchorMap Anchors(ReadOnlySpan<Box> boxes) => new(Place(boxes), 1, boxes.Length, 1);

    public MatchMap Matches(int images, ReadOnlySpan<int> matches) => new(Place(matches), images, matches.Length / images);

    public LossTerm Loss() => new(Allocate(1));

    /// <summary>Ground truth from one list of boxes and classes for each image; weights are 1 until matching fills them.</summary>
    public GroundTruthMap Truth(Box[][] boxes, int[][] classes)
    {
        var capacity = Math.Max(1, boxes.Max(b => b.Length));
        var allBoxes = new Box[boxes.Length * capacity];
        var allClasses = new int[boxes.Length * capacity];
        for (var n = 0; n < boxes.Length; n++)
        {
            boxes[n].CopyTo(allBoxes, n * capacity);
            classes[n].CopyTo(allClasses, n * capacity);
        }

        var ones = Enumerable.Repeat(1f, boxes.Length).ToArray();
        return new(
            boxes.Length, capacity, Place(allBoxes), Place(allClasses), Place(boxes.Select(b => b.Length).ToArray()), Place(ones),
            Allocate(boxes.Length));
    }

    public CandidateMap Candidates(int capacity, (float Height, float Width)[] sizes) => new(
        sizes.Length, capacity, Allocate(4L * sizes.Length * capacity), Allocate((long)sizes.Length * capacity),
        Allocate((long)sizes.Length * capacity),
        Allocate(sizes.Length), Place(sizes.SelectMany(s => new[] { s.Height, s.Width }).ToArray()));

    public DetectionMap Detections(int images, int capacity) => new(
        images, capacity, Allocate(4L * images * capacity), Allocate((long)images * capacity), Allocate((long)images * capacity),
        Allocate(images));

    public float[] Floats(long offset, long length)
    {
        var values = new float[length];
        Backend.Read(offset, values);
        return values;
    }

    public float[] Floats(FeatureMap map) => Floats(map.Offset, map.Length);

    public int[] Integers(long offset, long length)
    {
        var values = new int[length];
        Backend.Read(offset, values);
        return values;
    }

    public int[] Integers(MatchMap map) => Integers(map.Offset, (long)map.Images * map.Anchors);

    public float Value(LossTerm loss) => Floats(loss.Offset, 1)[0];

    public Box[] Boxes(long offset, long count) => MemoryMarshal.Cast<float, Box>(Floats(offset, 4 * count)).ToArray();

    public List<RawDetection> Read(DetectionMap map, int image) =>
        Read(image, map.Capacity, map.Boxes, map.Scores, map.Classes, map.Counts);

    public List<RawDetection> Read(CandidateMap map, int image) =>
        Read(image, map.Capacity, map.Boxes, map.Scores, map.Classes, map.Counts);

    private List<RawDetection> Read(int image, int capacity, long boxes, long scores, long classes, long counts)
    {
        var count = Integers(counts + image, 1)[0];
        var at = (long)image * capacity;
        var b = Boxes(boxes + 4 * at, count);
        var s = Floats(scores + at, count);
        var c = Integers(classes + at, count);
        return [.. Enumerable.Range(0, count).Select(i => new RawDetection(c[i], s[i], b[i]))];
    }
}
