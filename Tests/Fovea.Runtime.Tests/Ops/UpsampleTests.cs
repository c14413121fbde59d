using Fovea.Ops.Upsample;
using Fovea.CompilerServices;
using Fovea.Tests.Support;

namespace Fovea.Tests.Ops;

public class UpsampleTests : OpCaseTests<UpsampleTests>, IOpCases
{
    /// <summary>
    /// Top and bottom sizes: equal, ceil halves, one cell, several tasks, an empty batch, and a factor the FPN never needs.
    /// </summary>
    private static readonly (int N, int Htop, int Wtop, int H, int W, int C)[] Shapes =
    [
        (1, 1, 1, 1, 1, 3), (1, 1, 1, 1, 2, 5), (2, 3, 5, 5, 10, 7), (1, 7, 4, 13, 7, 24),
        (2, 2, 2, 7, 5, 8), (1, 30, 31, 59, 62, 41), (0, 2, 2, 4, 4, 4),
    ];

    [Fact]
    public void Thirteen_rows_read_seven_as_torchvision_does()
    {
        var (top, shape) = (new FeatureMap(0, 1, 7, 1, 1), new FeatureMap(0, 1, 13, 1, 1));
        var y = new double[13];

        UpsampleReference.Forward(top, [0, 1, 2, 3, 4, 5, 6], shape, y);

        Assert.Equal([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6], y);
    }

    [Fact]
    public void The_reference_has_the_gradient_of_finite_differences()
    {
        var (top, shape) = (new FeatureMap(0, 1, 3, 2, 2), new FeatureMap(0, 1, 5, 4, 2));
        var x = Numbers.Doubles(Numbers.Random(1, top.Length));
        var dy = Numbers.Doubles(Numbers.Random(2, shape.Length));
        var dtop = new double[x.Length];

        UpsampleReference.Backward(top, shape, dy, default, dtop);

        Numbers.IsGradient(
            "dtop",
            at =>
            {
                var y = new double[shape.Length];
                UpsampleReference.Forward(top, at, shape, y);
                return Numbers.Dot(y, dy);
            },
            x,
            dtop);
    }

    public static IEnumerable<OpCase> All()
    {
        foreach (var (n, htop, wtop, h, w, c) in Shapes)
        {
            foreach (var alias in new[] { "", "accumulate", "accumulate=dtop" })
            {
                yield return new OpCase(
                    $"backward {htop}×{wtop} → {h}×{w}×{c} N{n} {alias}",
                    rig => Backward(rig, new FeatureMap(0, n, htop, wtop, c), new FeatureMap(0, n, h, w, c), alias));
            }
        }
    }

    private static PreparedOp Backward(CpuRig rig, FeatureMap top, FeatureMap shape, string alias)
    {
        var dyValues = Numbers.Random(1, shape.Length);
        var addedValues = Numbers.Random(2, top.Length);
        var accumulates = alias.Length > 0;
        var dy = rig.Map(shape.Images, shape.Height, shape.Width, shape.Channels, dyValues);
        var added = accumulates ? rig.Map(top.Images, top.Height, top.Width, top.Channels) : default;
        var dtop = alias == "accumulate=dtop" ? added : rig.Map(top.Images, top.Height, top.Width, top.Channels);
        var b = rig.Backend;
        double[] Expected()
        {
            var expected = new double[top.Length];
            UpsampleReference.Backward(
                top, shape, Numbers.Doubles(dyValues), accumulates ? Numbers.Doubles(addedValues) : default, expected);
            return expected;
        }

        void Reset()
        {
            if (accumulates)
            {
                rig.Write(added, addedValues);
            }
        }

        return new PreparedOp(Reset, () => b.UpsampleBackward(dy, dtop, added), new OpOutput("dtop", Expected, () => rig.Read(dtop), 1e-6));
    }
}
