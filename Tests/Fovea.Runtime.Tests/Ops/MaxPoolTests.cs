using Fovea.Ops.MaxPool;
using Fovea.CompilerServices;
using Fovea.Tests.Support;

namespace Fovea.Tests.Ops;

public class MaxPoolTests : OpCaseTests<MaxPoolTests>, IOpCases
{
    /// <summary>One cell, odd and even sides, channels beside the vector width, several bands, none.</summary>
    private static readonly (int N, int H, int W, int C)[] Shapes =
    [
        (1, 1, 1, 3), (2, 2, 2, 1), (1, 1, 2, 5), (2, 11, 8, 3), (1, 9, 13, 24), (2, 35, 34, 19), (1, 50, 37, 32), (0, 6, 6, 2),
    ];

    [Fact]
    public void Of_equal_maxima_the_first_gets_the_gradient()
    {
        using var rig = new CpuRig();
        var x = rig.Map(1, 2, 2, 1, [1, 1, 1, 1]);
        var (y, dx) = (rig.Map(1, 1, 1, 1), rig.Map(1, 2, 2, 1));
        rig.Backend.MaxPool(x, y);

        rig.Backend.MaxPoolBackward(x, y, rig.Map(1, 1, 1, 1, [5]), dx);

        Assert.Equal([5, 0, 0, 0], rig.Read(dx));
    }

    [Fact]
    public void Padding_is_below_every_value()
    {
        using var rig = new CpuRig();
        var y = rig.Map(1, 1, 1, 1);

        rig.Backend.MaxPool(rig.Map(1, 1, 1, 1, [-7]), y);

        Assert.Equal([-7], rig.Read(y));
    }

    [Fact]
    public void The_reference_has_the_gradient_of_finite_differences()
    {
        var shape = new FeatureMap(0, 1, 5, 4, 2);
        var output = MaxPoolReference.OutputOf(shape);
        var x = Numbers.Doubles(Numbers.Random(1, shape.Length));
        var dy = Numbers.Doubles(Numbers.Random(2, output.Length));
        var dx = new double[x.Length];

        MaxPoolReference.Backward(shape, x, dy, dx);

        Numbers.IsGradient(
            "dx",
            at =>
            {
                var y = new double[output.Length];
                MaxPoolReference.Forward(shape, at, y);
                return Numbers.Dot(y, dy);
            },
            x,
            dx);
    }

    public static IEnumerable<OpCase> All()
    {
        foreach (var (n, h, w, c) in Shapes)
        {
            yield return new OpCase($"forward [{n},{h},{w},{c}]", rig => Forward(rig, new FeatureMap(0, n, h, w, c), false));
            yield return new OpCase($"forward with ties [{n},{h},{w},{c}]", rig => Forward(rig, new FeatureMap(0, n, h, w, c), true));
            yield return new OpCase($"backward [{n},{h},{w},{c}]", rig => Backward(rig, new FeatureMap(0, n, h, w, c), false));
            yield return new OpCase($"backward with ties [{n},{h},{w},{c}]", rig => Backward(rig, new FeatureMap(0, n, h, w, c), true));
        }
    }

    private static float[] Values(FeatureMap shape, bool ties) =>
        ties ? Numbers.RandomQuarters(1, shape.Length) : Numbers.Random(1, shape.Length);

    private static PreparedOp Forward(CpuRig rig, FeatureMap shape, bool ties)
    {
        var values = Values(shape, ties);
        var x = rig.Map(shape.Images, shape.Height, shape.Width, shape.Channels, values);
        var o = MaxPoolReference.OutputOf(shape);
        var y = rig.Map(o.Images, o.Height, o.Width, o.Channels);
        var b = rig.Backend;
        double[] Expected()
        {
            var expected = new double[o.Length];
            MaxPoolReference.Forward(shape, Numbers.Doubles(values), expected);
            return expected;
        }

        return new PreparedOp(() => { }, () => b.MaxPool(x, y), new OpOutput("y", Expected, () => rig.Read(y), 0));
    }

    private static PreparedOp Backward(CpuRig rig, FeatureMap shape, bool ties)
    {
        var values = Values(shape, ties);
        var x = rig.Map(shape.Images, shape.Height, shape.Width, shape.Channels, values);
        var dx = rig.Map(shape.Images, shape.Height, shape.Width, shape.Channels);
        var o = MaxPoolReference.OutputOf(shape);
        var y = rig.Map(o.Images, o.Height, o.Width, o.Channels);
        var dyValues = Numbers.Random(2, o.Length);
        var dy = rig.Map(o.Images, o.Height, o.Width, o.Channels, dyValues);
        var b = rig.Backend;
        b.MaxPool(x, y);
        double[] Expected()
        {
            var expected = new double[shape.Length];
            MaxPoolReference.Backward(shape, Numbers.Doubles(values), Numbers.Doubles(dyValues), expected);
            return expected;
        }

        return new PreparedOp(() => { }, () => b.MaxPoolBackward(x, y, dy, dx), new OpOutput("dx", Expected, () => rig.Read(dx), 1e-6));
    }
}
