using System.Runtime.InteropServices;
using Fovea.CompilerServices;

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
        Context.Write(offset, values);
        return offset;
    }

    public long Place(ReadOnlySpan<int> values)
    {
        var offset = Allocate(values.Length);
        Context.Write(offset, values);
        return offset;
    }

    public long Place(ReadOnlySpan<Box> values) => Place(MemoryMarshal.Cast<Box, float>(values));

    /// <summary>A map [N, 1, rows, channels] with values.</summary>
    public FeatureMap Map(ReadOnlySpan<float> values, int images, int rows, int channels) => new(Place(values), images, 1, rows, channels);

    /// <summary>A map [N, 1, rows, channels] for results.</summary>
    public FeatureMap Map(int images, int rows, int channels) => new(Allocate((long)images * rows * channels), images, 1, rows, channels);

    public AnchorMap Anchors(ReadOnlySpan<Box> boxes) => new(Place(boxes), 1, boxes.Length, 1);

    /// <summary>Levels of one row of cells with one anchor each; each has half the cells of the one before, rounded up.</summary>
    public AnchorMap AnchorLevels(Box[][] levels)
    {
        var map = new AnchorMap(Place(levels.SelectMany(l => l).ToArray()), 1, levels[0].Length, 1, levels.Length);
        Assert.Equal(levels.Select(l => l.Length), Enumerable.Range(0, levels.Length).Select(l => map[l].Count));
        return map;
    }

    /// <summary>For each level, values [N, 1, rows, channels].</summary>
    public PyramidMap Pyramid(float[][] levels, int images, int rows, int channels)
    {
        var map = new PyramidMap(0, images, 1, rows, channels, levels.Length);
        map = map with { Offset = Allocate(map.Extent) };
        for (var level = 0; level < levels.Length; level++)
        {
            Assert.Equal(map[level].Length, levels[level].Length);
            Context.Write(map[level], levels[level]);
        }

        return map;
    }

    public MatchMap Matches(int images, ReadOnlySpan<int> matches) => new(Place(matches), images, 1, matches.Length / images, 1);

    /// <summary>Room for the matches of anchors.</summary>
    public MatchMap Matches(int images, AnchorMap anchors) =>
        new(Allocate((long)images * anchors.Count), images, anchors.Height, anchors.Width, anchors.PerCell, anchors.Levels);

    public LossTerm Loss(int levels = 1) => new(Allocate(levels), levels);

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
        Context.Read(offset, values);
        return values;
    }

    public float[] Floats(FeatureMap map) => Floats(map.Offset, map.Length);

    public int[] Integers(long offset, long length)
    {
        var values = new int[length];
        Context.Read(offset, values);
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
