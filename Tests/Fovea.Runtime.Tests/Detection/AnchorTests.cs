using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Ops.Anchors;
using Fovea.Tests.Goldens;

namespace Fovea.Tests.Detection;

public class AnchorTests
{
    public static TheoryData<string, AnchorLevel> Levels => new()
    {
        { "torchvision", new AnchorLevel([32, 40, 50], [0.5f, 1, 2]) },
        { "paper", new AnchorLevel([32, 40.317474f, 50.796834f], [0.5f, 1, 2], 8, Rounded: false) },
        { "Detectron2", new AnchorLevel([32, 40.317474f, 50.796834f], [0.5f, 1, 2], 16, Rounded: false, SizeMajor: true) },
        { "one anchor", new AnchorLevel([100], [1]) },
        { "unequal counts", new AnchorLevel([10, 20], [0.3f, 1, 3, 7], SizeMajor: true) },
    };

    [Theory]
    [MemberData(nameof(Levels), DisableDiscoveryEnumeration = true)]
    public void Each_anchor_equals_the_reference(string name, AnchorLevel level)
    {
        var boxes = AnchorGenerator.Generate([level], [(7, 11)], 117, 190);
        for (var i = 0; i < boxes.Length; i++)
        {
            var e = AnchorReference.At(level, 7, 11, 117, 190, i);
            var error = Math.Max(
                Math.Max(Math.Abs(e.X1 - boxes[i].X1), Math.Abs(e.Y1 - boxes[i].Y1)),
                Math.Max(Math.Abs(e.X2 - boxes[i].X2), Math.Abs(e.Y2 - boxes[i].Y2)));
            Assert.True(error <= 2e-5, $"{name}  [{i}]  expected {e}  actual {boxes[i]}");
        }
    }

    [Fact]
    public void A_canvas_of_800_has_the_strides_8_16_32_61_114_and_120087_anchors()
    {
        var levels = GoldenDetection.DefaultLevels();
        (int, int)[] grids = [(100, 100), (50, 50), (25, 25), (13, 13), (7, 7)];
        Assert.Equal(grids, GoldenDetection.Grids(800, 800));
        Assert.Equal(
            [8, 16, 32, 61, 114],
            levels.Zip(grids).Select(l => AnchorGenerator.Strides(l.First, l.Second.Item1, l.Second.Item2, 800, 800).Width));
        Assert.Equal(120_087, AnchorGenerator.Generate(levels, grids, 800, 800).Length);
    }

    [Fact]
    public void Half_extents_round_half_to_even()
    {
        Assert.Equal(50, AnchorGenerator.BaseAnchors(new([101], [1]))[0].X2);
        Assert.Equal(80, AnchorGenerator.BaseAnchors(new([161], [1]))[0].X2);
        Assert.Equal(102, AnchorGenerator.BaseAnchors(new([203], [1]))[0].X2);
        Box[] finest =
        [
            new(-23, -11, 23, 11), new(-28, -14, 28, 14), new(-35, -18, 35, 18), new(-16, -16, 16, 16), new(-20, -20, 20, 20),
            new(-25, -25, 25, 25), new(-11, -23, 11, 23), new(-14, -28, 14, 28), new(-18, -35, 18, 35),
        ];
        Assert.Equal(finest, AnchorGenerator.BaseAnchors(new([32, 40, 50], [0.5f, 1, 2])));
    }

    [Fact]
    public void A_level_and_a_map_of_different_A_are_an_error()
    {
        using var arena = new CpuArena();
        Assert.Throws<ArgumentException>(() => arena.Backend.GenerateAnchors([new([32], [1])], 8, 8, new(0, 1, 1, 9)));
    }

    [Fact]
    public void Grids_must_be_as_many_as_levels() =>
        Assert.Throws<ArgumentException>(() => AnchorGenerator.Generate([new([32], [1])], [(1, 1), (1, 1)], 8, 8));
}
