using System.Globalization;
using Fovea.Detection;
using FsCheck.Xunit;

namespace Fovea.Tests.Detection;

public class BoxTests
{
    [Property(MaxTest = 300)]
    public void Decoding_an_encoded_box_gives_it_back(int seed)
    {
        var random = new Random(seed);
        var box = DetectionAssert.RandomBox(random);
        var anchor = DetectionAssert.RandomBox(random);
        var weights = new BoxWeights(10, 10, 5, 5);
        var deltas = BoxCoder.Encode(box, anchor, weights);
        var back = BoxCoder.Decode(deltas, anchor, weights);
        if (deltas.Dw / weights.W < BoxCoder.MaximumLogSize && deltas.Dh / weights.H < BoxCoder.MaximumLogSize)
        {
            Assert.True(
                Math.Abs(box.X1 - back.X1) + Math.Abs(box.Y1 - back.Y1) + Math.Abs(box.X2 - back.X2) + Math.Abs(box.Y2 - back.Y2) < 1e-3,
                $"{box} via {anchor}: {back}");
        }
    }

    [Property(MaxTest = 300)]
    public void IoU_is_symmetric_between_0_and_1_and_1_with_itself(int seed)
    {
        var random = new Random(seed);
        var (a, b) = (DetectionAssert.RandomBox(random), DetectionAssert.RandomBox(random));
        Assert.Equal(a.IoU(b), b.IoU(a));
        Assert.InRange(a.IoU(b), 0, 1);
        Assert.Equal(1, a.IoU(a));
        Assert.InRange(BoxMath.GeneralizedIoU(a, b), -1, a.IoU(b) + 1e-6f);
    }

    [Fact]
    public void Boxes_have_no_extra_pixel()
    {
        var box = new Box(1, 2, 4, 8);
        Assert.Equal((3f, 6f, 18f), (box.Width, box.Height, box.Area));
        Assert.Equal(box, Box.FromSize(1, 2, 3, 6));
        Assert.Equal(18f / (4 * 8), box.IoU(new(0, 0, 4, 8)));
    }

    [Fact]
    public void Sizes_are_cut_off_from_above_only()
    {
        var anchor = new Box(0, 0, 16, 16);
        Assert.Equal(1000, BoxCoder.Decode(new(0, 0, 50, 0), anchor).Width, 0.01f);
        Assert.Equal(0, BoxCoder.Decode(new(0, 0, -50, 0), anchor).Width, 1e-6f);
    }

    [Fact]
    public void Text_does_not_depend_on_the_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var withCommas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            withCommas.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = withCommas;
            Assert.Equal("[1.5, 2, 3, 4]", new Box(1.5f, 2, 3, 4).ToString());
            Assert.Equal("Tuesday 0.75 [1.5, 2, 3, 4]", new Detection<DayOfWeek>(DayOfWeek.Tuesday, 0.75f, new(1.5f, 2, 3, 4)).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
