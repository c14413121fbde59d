using Fovea.Ops.Add;
using Fovea.Ops.Relu;
using Fovea.Tests.Support;

namespace Fovea.Tests.Ops;

/// <summary>Relu, ReluBackward, Add.</summary>
public class PointwiseTests : OpCaseTests<PointwiseTests>, IOpCases
{
    /// <summary>One element, a tail, several tasks with a tail, none.</summary>
    private static readonly (int N, int H, int W, int C)[] Shapes = [(1, 1, 1, 1), (2, 3, 5, 7), (1, 41, 53, 37), (0, 4, 4, 4)];

    [Fact]
    public void Relu_keeps_NaN_in_vectors_and_tails()
    {
        using var rig = new CpuRig();
        var values = Numbers.Random(1, 37);
        values[2] = values[36] = float.NaN;
        var y = rig.Map(1, 1, 1, 37);

        rig.Backend.Relu(rig.Map(1, 1, 1, 37, values), y);

        Assert.True(float.IsNaN(rig.Values(y)[2]), "NaN was lost in a vector.");
        Assert.True(float.IsNaN(rig.Values(y)[36]), "NaN was lost in the tail.");
    }

    [Fact]
    public void The_reference_has_the_gradient_of_finite_differences()
    {
        var x = Numbers.Doubles(Numbers.Random(1, 20));
        var dy = Numbers.Doubles(Numbers.Random(2, 20));
        double[] Forward(double[] at)
        {
            var y = new double[at.Length];
            ReluReference.Forward(at, y);
            return y;
        }

        var dx = new double[x.Length];
        ReluReference.Backward(Forward(x), dy, default, dx);
        Numbers.IsGradient("dx", at => Numbers.Dot(Forward(at), dy), x, dx);
    }

    public static IEnumerable<OpCase> All()
    {
        foreach (var (n, h, w, c) in Shapes)
        {
            foreach (var alias in new[] { "", "y=x" })
            {
                yield return new OpCase($"relu [{n},{h},{w},{c}] {alias}", rig => Relu(rig, n, h, w, c, alias));
            }

            foreach (var alias in new[] { "", "dx=dy", "accumulate", "accumulate dx=dy", "accumulate=dx" })
            {
                yield return new OpCase($"relu backward [{n},{h},{w},{c}] {alias}", rig => ReluBackward(rig, n, h, w, c, alias));
            }

            foreach (var alias in new[] { "", "y=a", "y=b" })
            {
                yield return new OpCase($"add [{n},{h},{w},{c}] {alias}", rig => Add(rig, n, h, w, c, alias));
            }
        }
    }

    private static PreparedOp Relu(CpuRig rig, int n, int h, int w, int c, string alias)
    {
        var values = Numbers.RandomQuarters(1, (long)n * h * w * c);
        var x = rig.Map(n, h, w, c);
        var y = alias == "y=x" ? x : rig.Map(n, h, w, c);
        var b = rig.Backend;
        double[] Expected()
        {
            var expected = new double[values.Length];
            ReluReference.Forward(Numbers.Doubles(values), expected);
            return expected;
        }

        return new PreparedOp(() => rig.Write(x, values), () => b.Relu(x, y), new OpOutput("y", Expected, () => rig.Read(y), 0));
    }

    private static PreparedOp ReluBackward(CpuRig rig, int n, int h, int w, int c, string alias)
    {
        var length = (long)n * h * w * c;
        var (yValues, dyValues, addedValues) = (Numbers.RandomQuarters(1, length), Numbers.Random(2, length), Numbers.Random(3, length));
        var accumulates = alias.Contains("accumulate", StringComparison.Ordinal);
        var y = rig.Map(n, h, w, c, yValues);
        var dy = rig.Map(n, h, w, c);
        var added = accumulates ? rig.Map(n, h, w, c) : default;
        var dx = alias.Contains("dx=dy", StringComparison.Ordinal) ? dy : alias == "accumulate=dx" ? added : rig.Map(n, h, w, c);
        var b = rig.Backend;
        double[] Expected()
        {
            var expected = new double[length];
            ReluReference.Backward(
                Numbers.Doubles(yValues), Numbers.Doubles(dyValues), accumulates ? Numbers.Doubles(addedValues) : default, expected);
            return expected;
        }

        void Reset()
        {
            rig.Write(dy, dyValues);
            if (accumulates)
            {
                rig.Write(added, addedValues);
            }
        }

        return new PreparedOp(Reset, () => b.ReluBackward(y, dy, dx, added), new OpOutput("dx", Expected, () => rig.Read(dx), 1e-7));
    }

    private static PreparedOp Add(CpuRig rig, int n, int h, int w, int c, string alias)
    {
        var length = (long)n * h * w * c;
        var (aValues, bValues) = (Numbers.Random(1, length), Numbers.Random(2, length));
        var a = rig.Map(n, h, w, c);
        var b = rig.Map(n, h, w, c);
        var y = alias switch { "y=a" => a, "y=b" => b, _ => rig.Map(n, h, w, c) };
        var backend = rig.Backend;
        double[] Expected()
        {
            var expected = new double[length];
            AddReference.Forward(Numbers.Doubles(aValues), Numbers.Doubles(bValues), expected);
            return expected;
        }

        void Reset()
        {
            rig.Write(a, aValues);
            rig.Write(b, bValues);
        }

        return new PreparedOp(Reset, () => backend.Add(a, b, y), new OpOutput("y", Expected, () => rig.Read(y), 1e-7));
    }
}
